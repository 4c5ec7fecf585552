import { randomUUID } from 'node:crypto'

import * as fc from 'fast-check'
import { expect, test } from 'vitest'

import { insertRecords } from './insert-rows.ts'
import { searchRows } from './search-rows.ts'
import { defineTable } from './table.ts'
import { scratchDatabase } from './testing/scratch-database.ts'

type Cell = string | number | boolean | null
type Row = Readonly<Record<string, Cell>>
type Fits = (row: Row) => boolean

/** A part of a filter as the datastore is given it, and the same as a function. */
interface Part {
  readonly filter: unknown
  readonly fits: Fits
}

interface Case {
  readonly filters: Readonly<Record<string, unknown>>
  readonly fits: Fits
}

const columns = [
  { id: 'num', type: 'int4' },
  { id: 'word', type: 'text' },
  { id: '$or', type: 'bool' },
] as const

const values: Readonly<Record<(typeof columns)[number]['id'], fc.Arbitrary<Cell>>> = {
  num: fc.integer({ min: -3, max: 3 }),
  word: fc.oneof(
    fc.integer({ min: -3, max: 12 }).map(String),
    fc.constantFrom('', 'a', 'b', "'", '\\', 'ab'),
  ),
  $or: fc.boolean(),
}

const nullable = (cells: fc.Arbitrary<Cell>): fc.Arbitrary<Cell> => fc.option(cells, { freq: 4, nil: null })

const rows = fc.array(
  fc.record({ num: nullable(values.num), word: nullable(values.word), $or: nullable(values.$or) }),
  { minLength: 1, maxLength: 8 },
)

/** Less than, equal to or greater than 0, as `a` is to `b`. */
function order(a: Cell, b: Cell): number {
  if (typeof a === 'string' && typeof b === 'string') return a === b ? 0 : a < b ? -1 : 1
  return Number(a) - Number(b)
}

const comparisons = new Map<string, (difference: number) => boolean>([
  ['eq', (difference) => difference === 0],
  ['gt', (difference) => difference > 0],
  ['gte', (difference) => difference >= 0],
  ['lt', (difference) => difference < 0],
  ['lte', (difference) => difference <= 0],
])

function ofColumn({ id }: (typeof columns)[number]): fc.Arbitrary<Case> {
  const cell = (row: Row): Cell => row[id] ?? null
  const plain: fc.Arbitrary<Part> = nullable(values[id]).map((value) => ({
    filter: value,
    fits: (row) => cell(row) === value,
  }))
  const bounds: fc.Arbitrary<Part> = fc
    .dictionary(fc.constantFrom(...comparisons.keys()), values[id], { minKeys: 1, maxKeys: 3 })
    .map((filter) => ({
      filter,
      fits: (row) =>
        cell(row) !== null &&
        Object.entries(filter).every(([name, value]) => comparisons.get(name)?.(order(cell(row), value))),
    }))
  const one = fc.oneof(plain, bounds)
  const many: fc.Arbitrary<Part> = fc.array(one, { maxLength: 4 }).map((parts) => ({
    filter: parts.map(({ filter }) => filter),
    fits: (row) => parts.some(({ fits }) => fits(row)),
  }))
  return fc
    .oneof(one, many)
    .map(({ filter, fits }) => ({ filters: { [id === '$or' ? '$$or' : id]: filter }, fits }))
}

function branch(cases: fc.Arbitrary<Case>): fc.Arbitrary<Case> {
  const parts = fc.array(cases, { minLength: 1, maxLength: 3 })
  return fc.tuple(fc.constantFrom('$or', '$and'), parts).map(([name, of]) => ({
    filters: { [name]: of.map(({ filters }) => filters) },
    fits: (row) => (name === '$or' ? of.some(({ fits }) => fits(row)) : of.every(({ fits }) => fits(row))),
  }))
}

const leaf = fc.oneof(...columns.map(ofColumn))

const beside = (cases: fc.Arbitrary<Case>): fc.Arbitrary<Case> =>
  fc.tuple(leaf, branch(cases)).map(([a, b]) => ({
    filters: { ...a.filters, ...b.filters },
    fits: (row) => a.fits(row) && b.fits(row),
  }))

const tree = fc.oneof(leaf, branch(leaf), beside(leaf), branch(beside(leaf)))

test(
  'any filter finds the rows that fit when they are looked at one by one',
  { timeout: 60_000 },
  async () => {
    await using database = await scratchDatabase()
    const table = await defineTable(database, randomUUID(), columns)
    await fc.assert(
      fc.asyncProperty(rows, fc.array(tree, { minLength: 1, maxLength: 5 }), async (records, cases) => {
        const ids = await insertRecords(database, table, records)
        const [first = 0] = ids
        for (const { filters, fits } of cases) {
          const found = await searchRows(database, table, {
            filters: [{ $and: [filters, { _id: { gte: first } }] }],
            fields: ['_id'],
          })
          const wanted = ids.filter((_id, index) => records.slice(index, index + 1).some(fits))
          const told = { filters, ids: found.rows.map(([id]) => Number(id)) }
          expect(told).toEqual({ filters, ids: wanted })
        }
      }),
      { numRuns: 150 },
    )
  },
)
