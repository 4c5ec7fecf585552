import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { checkColumnNames, columnNameProblem, columnNamesFrom } from './column-name.ts'
import { DatastoreInputError } from './datastore-input-error.ts'

describe('a name of a column', () => {
  test.each(['a', 'b ü k', "o'clock; drop table x", '$or', 'x'.repeat(63), 'ü'.repeat(31), 'constructor'])(
    'can be %j',
    (name) => expect(columnNameProblem(name)).toBeUndefined(),
  )

  test.each([
    '',
    ' a',
    'a\u00A0',
    '_id',
    '_',
    'a"b',
    'a\nb',
    'a\0b',
    'a\u0085b',
    '\uD800',
    'x'.repeat(64),
    'ü'.repeat(32),
  ])('cannot be %j', (name) => expect(columnNameProblem(name)).toBeTypeOf('string'))

  test('is refused for fields, with the reason, and when it is there twice', () => {
    expect(() => checkColumnNames(['a', '_b', 'a'])).toThrow(
      expect.objectContaining({
        code: 'DATASTORE_INPUT',
        problems: {
          fields: [
            '"_b" is not a valid field name: a name must not begin with "_".',
            'Duplicate field names are not allowed: "a".',
          ],
        },
      }),
    )
    expect(() => checkColumnNames(['a', '__proto__'])).toThrow(DatastoreInputError)
  })
})

describe('headings', () => {
  test('become names that can be and that are all different', () => {
    expect(columnNamesFrom(['city', '', 'city', ' _id ', '"a"', 'city_2', '', 'city'])).toEqual([
      'city',
      'column_2',
      'city_3',
      'id',
      'a',
      'city_2',
      'column_7',
      'city_4',
    ])
  })

  test('become valid names whatever they are', () => {
    const heading = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a', 'a_2', '', '_', '"', 'x'.repeat(63), 'x'.repeat(70)),
    )
    fc.assert(
      fc.property(fc.array(heading, { maxLength: 20 }), (headings) => {
        checkColumnNames(columnNamesFrom(headings))
      }),
    )
  })
})
