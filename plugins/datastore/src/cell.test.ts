import { describe, expect, test } from 'vitest'

import { valueOfCell } from './cell.ts'
import { formatRecords } from './records-format.ts'

describe('a cell', () => {
  test.each([
    ['int4', '5', 5],
    ['int8', '9007199254740991', 9_007_199_254_740_991],
    ['int8', '9007199254740993', '9007199254740993'],
    ['numeric', '1.10', 1.1],
    ['numeric', '-0.000123456789012345', -0.000123456789012345],
    ['numeric', '12345678901234567890.5', '12345678901234567890.5'],
    ['numeric', 'NaN', 'NaN'],
    ['float8', '1e-07', 1e-7],
    ['float8', 'Infinity', 'Infinity'],
    ['bool', 'false', false],
    ['date', '2005-03-01', '2005-03-01'],
    ['timestamp', '2005-03-01T00:00:00', '2005-03-01T00:00:00.000'],
    ['timestamp', '2005-03-01T00:00:00.5', '2005-03-01T00:00:00.500'],
    ['timestamp', '2005-03-01T00:00:00.123456', '2005-03-01T00:00:00.123456'],
    ['timestamp', 'infinity', 'infinity'],
    ['timestamptz', '2005-03-01T00:00:00', '2005-03-01T00:00:00.000Z'],
    ['json', '{"a":[1,null]}', { a: [1, null] }],
    ['_text', '["a","1",null]', ['a', '1', null]],
    ['_int8', '[1,9007199254740993]', [1, '9007199254740993']],
    ['_timestamp', '["2005-03-01T00:00:00",null]', ['2005-03-01T00:00:00.000', null]],
    ['text', '', ''],
    ['text', null, null],
  ] as const)('of type %s with the text %j is %j', (type, text, value) =>
    expect(valueOfCell(type, text)).toEqual(value),
  )
})

describe('rows', () => {
  const selected = {
    fields: [
      { id: '_id', type: 'int4' },
      { id: '__proto__', type: 'text' },
      { id: 'when', type: 'timestamp' },
      { id: 'price', type: 'numeric' },
      { id: 'list', type: '_text' },
    ],
    rows: [
      ['1', 'a "b"\n', '2005-03-01T00:00:00', '12345678901234567890.10', '["x"]'],
      ['2', '', null, null, null],
    ],
  } as const

  test('are objects with every field as a key of their own', () => {
    const [first, second] = formatRecords(selected, 'objects')
    expect(JSON.stringify(first)).toBe(
      '{"_id":1,"__proto__":"a \\"b\\"\\n","when":"2005-03-01T00:00:00.000","price":"12345678901234567890.10","list":["x"]}',
    )
    expect(JSON.stringify(second)).toBe('{"_id":2,"__proto__":"","when":null,"price":null,"list":null}')
  })

  test('are lists in the order of the fields', () => {
    expect(formatRecords(selected, 'lists')).toEqual([
      [1, 'a "b"\n', '2005-03-01T00:00:00.000', '12345678901234567890.10', ['x']],
      [2, '', null, null, null],
    ])
  })

  test('are lines of CSV, where nothing is empty', () => {
    expect(formatRecords(selected, 'csv')).toBe(
      '1,"a ""b""\n",2005-03-01T00:00:00.000,12345678901234567890.10,"[""x""]"\n2,,,,\n',
    )
  })

  test('are lines with tabs', () => {
    expect(formatRecords(selected, 'tsv')).toBe(
      '1\t"a ""b""\n"\t2005-03-01T00:00:00.000\t12345678901234567890.10\t"[""x""]"\n2\t\t\t\t\n',
    )
  })
})
