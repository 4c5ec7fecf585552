import { describe, expect, test } from 'vitest'

import { columnTypeOf } from './column-type.ts'
import { TextColumnGuess, typeOfJson } from './guessed-type.ts'

test.each([
  ['int', 'int4'],
  ['float', 'float8'],
  ['timestamp', 'timestamp'],
  ['_int', '_int4'],
  ['_text', '_text'],
  ['jsonb', 'jsonb'],
])('the type %s is %s', (name, type) => expect(columnTypeOf(name)).toBe(type))

test.each(['', 'TEXT', '__text', 'text[]', 'int4; drop table x', 'regclass', 'xml', 'toString', '__proto__'])(
  'there is no type %j',
  (name) => expect(columnTypeOf(name)).toBeUndefined(),
)

test.each([
  [1, 'int4'],
  [2 ** 31, 'int8'],
  [2 ** 60, 'numeric'],
  [1.5, 'float8'],
  [true, 'bool'],
  ['2005-03-01', 'timestamp'],
  ['2005-03-01T10:00:00', 'timestamp'],
  ['2005-02-31', 'text'],
  ['0000-01-01', 'text'],
  ['5', 'text'],
  [{ a: 1 }, 'json'],
  [['a'], 'json'],
  [null, 'text'],
  [undefined, 'text'],
])('a first value %j makes a column of %s', (value, type) => expect(typeOfJson(value)).toBe(type))

describe('cells of a column of text', () => {
  test.each([
    [['1', '', '-5'], 'int4'],
    [['1', '2147483648'], 'int8'],
    [['1', '2.50'], 'numeric'],
    [['1', '12345678901234567890'], 'numeric'],
    [['007', '1'], 'text'],
    [['5', 'true'], 'text'],
    [['true', 'FALSE'], 'bool'],
    [['2005-03-01', '2024-02-29'], 'date'],
    [['2005-03-01', '2023-02-29'], 'text'],
    [['2005-03-01', '2005-03-01 10:00'], 'timestamp'],
    [['2005-03-01T10:00:00Z', '2005-03-01 10:00:00.5Z'], 'timestamptz'],
    [['2005-03-01T10:00:00Z', '2005-03-01T10:00:00'], 'text'],
    [['2005-03-01T10:00:00+01:00'], 'text'],
    [['1e5'], 'text'],
    [['', ''], 'text'],
    [[], 'text'],
  ])('%j make %s', (cells, type) => {
    const guess = new TextColumnGuess()
    for (const cell of cells) guess.add(cell)
    expect(guess.type).toBe(type)
  })
})
