import { expect, test } from 'vitest'

import { renderPlain, renderTable, wrapText, type Column } from './table.ts'

interface Row {
  readonly name: string
  readonly count: number
  readonly doc: string
}

const rows: readonly Row[] = [
  { name: 'user_created', count: 3, doc: 'A user row was written, and will be there after commit.' },
  { name: 'logged_in', count: 12, doc: 'short' },
]
const columns: readonly Column<Row>[] = [
  { header: 'NAME', value: ({ name }) => name },
  { header: 'SUBS', value: ({ count }) => String(count), align: 'right' },
  { header: 'DOC', value: ({ doc }) => doc, flexible: 'end' },
]
const plain = { width: undefined, color: false }

test('columns are as wide as they need, numbers stand to the right, and no line ends in spaces', () => {
  expect(renderTable(columns, rows, plain)).toBe(`NAME          SUBS  DOC
user_created     3  A user row was written, and will be there after commit.
logged_in       12  short
`)
})

test('the flexible column is cut at the width', () => {
  const lines = renderTable(columns, rows, { ...plain, width: 50 }).split('\n')
  expect(lines[1]).toBe('user_created     3  A user row was written, and w…')
  expect(Math.max(...lines.map((line) => line.length))).toBe(50)
})

test('a cell that wraps goes on under itself', () => {
  const wrapping = columns.map((column) => ({ ...column, wrap: () => column.header === 'DOC' }))
  expect(renderTable(wrapping, rows, { ...plain, width: 46 })).toBe(`NAME          SUBS  DOC
user_created     3  A user row was written,
                    and will be there after
                    commit.
logged_in       12  short
`)
})

test('a column gives way when the flexible one would say too little', () => {
  const narrow = columns.map((column) => (column.header === 'SUBS' ? { ...column, dispensable: 1 } : column))
  expect(renderTable(narrow, rows, { ...plain, width: 42 })).toBe(`NAME          DOC
user_created  A user row was written, and…
logged_in     short
`)
})

test('what is put below has its own line where it does not fit beside', () => {
  const doc: Column<Row> = { header: 'DOC', value: ({ doc }) => doc, below: true }
  const table = renderTable([...columns.slice(0, 2), doc], rows.slice(0, 1), {
    ...plain,
    width: 40,
    indent: '  ',
  })
  expect(table).toBe(`  NAME          SUBS
  user_created     3
      A user row was written, and will be there after commit.
`)
})

test('colour is around the text and not around the space beside it', () => {
  const red: Column<Row>[] = [{ header: 'N', value: ({ name }) => name, color: () => 'red' }]
  expect(renderTable(red, rows.slice(1), { width: undefined, color: true })).toBe(
    '\u001B[1mN\u001B[22m\n\u001B[31mlogged_in\u001B[39m\n',
  )
})

test('plain rows have tabs between values, and values have none', () => {
  expect(renderPlain(columns, [{ name: 'a\tb\nc', count: 1, doc: 'd\u001B[31m' }])).toBe(
    'NAME\tSUBS\tDOC\na b c\t1\td\uFFFD[31m\n',
  )
})

test('characters that are drawn wide count as two', () => {
  const wide = [
    { name: '用户', count: 1, doc: 'x' },
    { name: 'abcd', count: 2, doc: 'y' },
  ]
  expect(renderTable(columns, wide, plain)).toBe('NAME  SUBS  DOC\n用户     1  x\nabcd     2  y\n')
})

test('a word that is too long for a line is left whole', () => {
  expect(wrapText('see https://example.org/a/very/long/path now', 10)).toEqual([
    'see',
    'https://example.org/a/very/long/path',
    'now',
  ])
})
