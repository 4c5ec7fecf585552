import { describe, expect, test } from 'vitest'

import { parseDeleteFilters, parseFilters } from './filters.ts'

const refusal = expect.objectContaining({
  code: 'DATASTORE_INPUT',
  problems: { filters: [expect.any(String)] },
})

function nested(depth: number): unknown {
  let filters: unknown = { a: 1 }
  for (let level = 0; level < depth; level += 1) filters = { $and: [filters] }
  return filters
}

describe('filters', () => {
  test('compare a field with one value, with several, or with bounds', () => {
    expect(parseFilters({ a: 1, b: ['x', null], c: { gt: 5, lte: 9 } })).toEqual({
      kind: 'and',
      filters: [
        { kind: 'compare', column: 'a', comparison: 'eq', value: 1 },
        { kind: 'in', column: 'b', values: ['x', null] },
        {
          kind: 'and',
          filters: [
            { kind: 'compare', column: 'c', comparison: 'gt', value: 5 },
            { kind: 'compare', column: 'c', comparison: 'lte', value: 9 },
          ],
        },
      ],
    })
  })

  test('take one of several with a mixed list, a list of objects or $or', () => {
    const either = {
      kind: 'or',
      filters: [
        { kind: 'compare', column: 'a', comparison: 'eq', value: 1 },
        { kind: 'compare', column: 'b', comparison: 'eq', value: 2 },
      ],
    }
    expect(parseFilters([{ a: 1 }, { b: 2 }])).toEqual(either)
    expect(parseFilters({ $or: [{ a: 1 }, { b: 2 }] })).toEqual(either)
    expect(parseFilters({ a: [{ lte: 1 }, 7] })).toEqual({
      kind: 'or',
      filters: [
        { kind: 'compare', column: 'a', comparison: 'lte', value: 1 },
        { kind: 'in', column: 'a', values: [7] },
      ],
    })
  })

  test('reach a field whose name begins with a dollar sign by a second one', () => {
    expect(parseFilters({ $$or: 1 })).toEqual({
      kind: 'compare',
      column: '$or',
      comparison: 'eq',
      value: 1,
    })
  })

  test('come as JSON too, where they are in an address', () => {
    expect(parseFilters('{"a":1}')).toEqual(parseFilters({ a: 1 }))
  })

  test('that are not given mean all rows', () => {
    expect(parseFilters(undefined)).toEqual({ kind: 'and', filters: [] })
    expect(parseFilters({})).toEqual({ kind: 'and', filters: [] })
  })

  test.each(
    [
      'bad',
      '"bad"',
      '[]',
      5,
      true,
      [],
      [1],
      [[{ a: 1 }]],
      { $or: {} },
      { $or: [] },
      { $not: [{ a: 1 }] },
      { $or: [1] },
      { a: {} },
      { a: { like: 'x' } },
      { a: { gt: null } },
      { a: { eq: { b: 1 } } },
      { a: { toString: 1 } },
    ].map((input) => ({ input })),
  )('cannot be $input', ({ input }) => expect(() => parseFilters(input)).toThrow(refusal))

  test('are at most ten levels deep', () => {
    expect(() => parseFilters(nested(4))).not.toThrow()
    expect(() => parseFilters(nested(6))).toThrow(refusal)
    expect(() => parseFilters(nested(20_000))).toThrow(refusal)
  })

  test('have at most a hundred comparisons, where a list of values is one', () => {
    const bounds = (count: number): unknown => ({ a: Array.from({ length: count }, () => ({ gt: 1 })) })
    expect(() => parseFilters(bounds(100))).not.toThrow()
    expect(() => parseFilters(bounds(101))).toThrow(refusal)
    expect(() => parseFilters({ a: Array.from({ length: 5000 }, (_, value) => value) })).not.toThrow()
  })
})

describe('filters of what is deleted', () => {
  test('are an object', () => {
    expect(parseDeleteFilters({})).toEqual({ kind: 'and', filters: [] })
    expect(parseDeleteFilters({ a: 1 })).toEqual(parseFilters({ a: 1 }))
  })

  test.each([undefined, null, [], [{ a: 1 }], '{}', 'bad', 1].map((input) => ({ input })))(
    'are not $input',
    ({ input }) => expect(() => parseDeleteFilters(input)).toThrow(refusal),
  )
})
