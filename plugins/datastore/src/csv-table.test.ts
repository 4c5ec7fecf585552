import { Readable } from 'node:stream'

import { describe, expect, test } from 'vitest'

import { readCsvTable, type CsvLimits } from './csv-table.ts'

const read = (text: string | Uint8Array, limits?: CsvLimits): ReturnType<typeof readCsvTable> =>
  readCsvTable(() => Readable.from(inPieces(Buffer.from(text)), { objectMode: false }), limits)

/** Pieces of three bytes, so that characters and line ends are torn apart. */
function* inPieces(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += 3) yield bytes.subarray(start, start + 3)
}

async function tableOf(text: string | Uint8Array): Promise<{ columns: string[]; rows: unknown[][] }> {
  const { columns, batches, rowCount } = await read(text)
  const rows: unknown[][] = []
  for await (const batch of batches()) {
    const [first = []] = batch
    rows.push(...first.map((_cell, row) => batch.map((cells) => cells[row])))
  }
  expect(rows).toHaveLength(rowCount)
  return { columns: columns.map(({ id, type }) => `${id} ${type}`), rows }
}

describe('a table of CSV', () => {
  test('has columns of the types that hold all their cells, and empty cells are null', async () => {
    expect(await tableOf('id,name,since,price\n1,"a, ""b""\nc",2005-03-01,1.50\n\n 2 ,,,3\n')).toEqual({
      columns: ['id int4', 'name text', 'since date', 'price numeric'],
      rows: [
        ['1', 'a, "b"\nc', '2005-03-01', '1.50'],
        ['2', null, null, '3'],
      ],
    })
  })

  test.each([
    ['semicolons', '\uFEFFstadt;"a,b";größe\r\nKöln;1,5;2\r\n'],
    ['tabs', '\uFEFFstadt\t"a,b"\tgröße\r\nKöln\t1,5\t2\r\n'],
    ['commas', 'stadt,"a,b",größe\nKöln,"1,5",2'],
    ['the line end of old Macs', 'stadt,"a,b",größe\rKöln,"1,5",2\r'],
    ['empty lines before', '\r\n\nstadt;"a,b";größe\nKöln;1,5;2'],
  ])('is read with %s', async (_what, text) => {
    expect(await tableOf(text)).toEqual({
      columns: ['stadt text', 'a,b text', 'größe int4'],
      rows: [['Köln', '1,5', '2']],
    })
  })

  test('with tabs may begin and end a row with empty cells', async () => {
    expect((await tableOf('a\tb\tc\n\t\t\n\tx\t\n')).rows).toEqual([
      [null, null, null],
      [null, 'x', null],
    ])
  })

  test('of one column has no delimiter', async () => {
    expect(await tableOf('a b\n1\n2\n')).toEqual({ columns: ['a b int4'], rows: [['1'], ['2']] })
  })

  test('may have headings that are empty, alike or no names, and rows of different lengths', async () => {
    expect(await tableOf('a,,a,_id\n1\n1,2,3,4,x\n')).toEqual({
      columns: ['a int4', 'column_2 int4', 'a_2 int4', 'id int4', 'column_5 text'],
      rows: [
        ['1', null, null, null, null],
        ['1', '2', '3', '4', 'x'],
      ],
    })
  })

  test('may have quotes within a cell', async () => {
    expect((await tableOf('a,b\n5" disk,x "y" z\n')).rows).toEqual([['5" disk', 'x "y" z']])
  })

  test('of many rows comes in batches', async () => {
    const { batches } = await read(`a\n${'x\n'.repeat(25_000)}`)
    const sizes: number[] = []
    for await (const batch of batches()) sizes.push(batch[0]?.length ?? 0)
    expect(sizes).toEqual([10_000, 10_000, 5000])
  })

  test('that is left before its end closes what it read', async () => {
    const opened: Readable[] = []
    const text = Buffer.from(`a\n${'x\n'.repeat(100_000)}`)
    const table = await readCsvTable(() => {
      const stream = Readable.from(inPieces(text), { objectMode: false })
      opened.push(stream)
      return stream
    })
    const batches = table.batches()
    expect((await batches.next()).value?.[0]).toHaveLength(10_000)
    await batches.return()
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true, true, true])
  })

  test('that cannot be read to its end fails with the reason', async () => {
    const reason = new Error('disk gone')
    const open = (): Readable =>
      new Readable({
        read() {
          this.destroy(reason)
        },
      })
    await expect(readCsvTable(open)).rejects.toBe(reason)
  })

  test.each<[string, Uint8Array]>([
    ['Latin-1', Buffer.from('name,town\nJos\xE9,M\xFCnchen\n', 'latin1')],
    ['Latin-1 in its last byte', Buffer.from('name\nJos\xE9', 'latin1')],
    ['UTF-16 with a byte order mark', Buffer.from('\uFEFFname,town\nJosé,München\n', 'utf16le')],
    ['big-endian UTF-16', Buffer.from('\uFEFFname,town\nJosé,München\n', 'utf16le').swap16()],
  ])('is refused in %s, since its letters would be wrong', async (_encoding, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({
      code: 'DATASTORE_INPUT',
      problems: { upload: [expect.stringContaining('not in UTF-8')] },
    })
  })

  test.each<[string, string, CsvLimits]>([
    ['is empty', '', {}],
    ['is blank', '\n\n', {}],
    ['has too many columns', 'a,b,c\n', { columns: 2 }],
    ['has too many columns in a row', 'a\n1,2,3\n', { columns: 2 }],
    ['has too many rows', 'a\n1\n2\n3\n', { rows: 2 }],
    ['has a row that is too long', `a\n${'x'.repeat(200)}\n`, { rowCharacters: 100 }],
    ['has a quote that does not end', 'a,b\n"x,1\n2,3\n', {}],
  ])('is refused when it %s', async (_what, text, limits) => {
    await expect(read(text, limits)).rejects.toMatchObject({
      code: 'DATASTORE_INPUT',
      problems: { upload: [expect.any(String)] },
    })
  })
})
