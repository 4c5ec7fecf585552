import { sql, type RawBuilder } from 'kysely'

import { elementType, typeSql, type Column, type ColumnType } from './column-type.ts'

/** What a cell is on its way to and from the database, whichever driver carries it. */
export type CellText = string | null

/**
 * What `value` from JSON or CSV is as text for a column of `type`.
 *
 * Text columns take everything as text, JSON columns as JSON; for the others an empty string is no value.
 * Whether the text is of the type is for the database to say.
 */
export function cellText(type: ColumnType, value: unknown): CellText {
  if (value === null || value === undefined) return null
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value)
  if (typeof value === 'string') return value === '' && type !== 'text' ? null : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : JSON.stringify(value)
}

/** An expression: the text of `cell`, made by {@link cellText}, as a value of `type`. */
export function fromCellText(type: ColumnType, cell: RawBuilder<unknown>): RawBuilder<unknown> {
  const element = elementType(type)
  if (element === undefined) return sql`cast(${cell} as ${typeSql(type)})`
  const elements =
    element === 'json' || element === 'jsonb'
      ? sql`jsonb_array_elements(${cell}::jsonb)`
      : sql`jsonb_array_elements_text(${cell}::jsonb)`
  return sql`case when ${cell} is not null then cast(array(select ${elements}) as ${typeSql(type)}) end`
}

/** An expression: the value of `column` in `table` as text for {@link valueOfCell}. */
export function toCellText(table: string, { id, type }: Column): RawBuilder<CellText> {
  const column = sql.id(table, id)
  if (type === 'text') return sql`${column}`
  if (elementType(type) !== undefined) return sql`to_json(${column})::text`
  // Unlike a cast, JSON's form of a moment does not depend on how the session likes its dates.
  if (type === 'timestamptz') return sql`to_json(${column} at time zone 'UTC') #>> '{}'`
  if (type === 'timestamp' || type === 'date') return sql`to_json(${column}) #>> '{}'`
  return sql`${column}::text`
}

/**
 * What people are told of a cell's `text`.
 *
 * Moments have at least three digits after the second: `2005-03-01T00:00:00.000`. A number that JavaScript
 * cannot hold exactly is given as a string of its digits.
 */
export function valueOfCell(type: ColumnType, text: CellText): unknown {
  if (text === null) return null
  const element = elementType(type)
  if (element !== undefined) return arrayOfCell(element, text)
  switch (type) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'float8':
      return numberOfCell(type, text)
    case 'bool':
      return text === 'true'
    case 'timestamp':
      return isoMoment(text)
    case 'timestamptz':
      return isoMoment(text, 'Z')
    case 'json':
    case 'jsonb': {
      const value: unknown = JSON.parse(text)
      return value
    }
    default:
      return text
  }
}

/** A cell as CSV has it: its text, with moments as in {@link valueOfCell}. */
export function csvOfCell(type: ColumnType, text: CellText): CellText {
  if (text === null || elementType(type) !== undefined) return text
  return type === 'timestamp' || type === 'timestamptz' ? String(valueOfCell(type, text)) : text
}

function arrayOfCell(element: ColumnType, text: string): unknown {
  // The source of a number is what the reviver is told of it; its value has been rounded by then.
  const exact = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === 'number' ? numberOfCell(element, context?.source ?? String(value)) : value
  const values: unknown = JSON.parse(text, element === 'json' || element === 'jsonb' ? undefined : exact)
  if (!Array.isArray(values) || (element !== 'timestamp' && element !== 'timestamptz')) return values
  return values.map((value: unknown) => (typeof value === 'string' ? isoMoment(value) : value))
}

function numberOfCell(type: ColumnType, text: string): number | string {
  const value = Number(text)
  if (!Number.isFinite(value)) return text
  if (type === 'float8') return value
  if (type === 'numeric') return isShortDecimal(text) ? value : text
  return Number.isSafeInteger(value) ? value : text
}

/** Whether the decimal number in `text` has no more digits than every double keeps. */
function isShortDecimal(text: string): boolean {
  const digits = text.replace(/^-?[0.]*/, '').replace('.', '')
  return digits.length <= 15 && text.length < 300
}

function isoMoment(text: string, zone = ''): string {
  const time = /T\d\d:\d\d:\d\d(?:\.(\d+))?/.exec(text)
  if (time === null) return text
  const end = time.index + time[0].length
  const fraction = (time[1] ?? '').padEnd(3, '0')
  return `${text.slice(0, time.index + 9)}.${fraction}${zone}${text.slice(end)}`
}
