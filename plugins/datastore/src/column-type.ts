import { sql, type RawBuilder } from 'kysely'

/** The types that a column can have, by their names in PostgreSQL's catalog, with what a statement calls them. */
const scalarTypes = {
  text: sql`text`,
  int2: sql`int2`,
  int4: sql`int4`,
  int8: sql`int8`,
  numeric: sql`numeric`,
  float8: sql`float8`,
  bool: sql`bool`,
  date: sql`date`,
  time: sql`time`,
  timestamp: sql`timestamp`,
  timestamptz: sql`timestamptz`,
  json: sql`json`,
  jsonb: sql`jsonb`,
}

export type ScalarType = keyof typeof scalarTypes

/** The type of a column: one value, or with `_` before it an array of such values. */
export type ColumnType = ScalarType | `_${ScalarType}`

/** A column of a table in the datastore. */
export interface Column {
  readonly id: string
  readonly type: ColumnType
}

/** The names that people write for a type. Nothing else gets into a statement. */
const typeNames = new Map<string, ColumnType>()
for (const type of Object.keys(scalarTypes).filter(isScalarType)) typeNames.set(type, type)
typeNames.set('int', 'int4').set('float', 'float8')
for (const [name, type] of typeNames) {
  if (isScalarType(type)) typeNames.set(`_${name}`, `_${type}`)
}

function isScalarType(name: string): name is ScalarType {
  return Object.hasOwn(scalarTypes, name)
}

/** The type that `name` stands for: `int` is `int4`. `undefined` for what is no type of a column. */
export function columnTypeOf(name: string): ColumnType | undefined {
  return typeNames.get(name)
}

/** The type of what an array of `type` holds; `undefined` when `type` is not one of arrays. */
export function elementType(type: ColumnType): ScalarType | undefined {
  const name = type.slice(1)
  return type.startsWith('_') && isScalarType(name) ? name : undefined
}

/** The type as a statement has it: `int4`, `text[]`. */
export function typeSql(type: ColumnType): RawBuilder<unknown> {
  const element = elementType(type)
  if (element !== undefined) return sql`${scalarTypes[element]}[]`
  return isScalarType(type) ? scalarTypes[type] : sql`text`
}

/** Whether `type` is JSON that PostgreSQL keeps as it was written, and hence cannot compare. */
export const isPlainJson = (type: ColumnType): boolean => type === 'json' || type === '_json'
