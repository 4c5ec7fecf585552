import { sql, type RawBuilder } from 'kysely'

import { fromCellText } from './cell.ts'
import { elementType, isPlainJson, typeSql, type Column, type ColumnType } from './column-type.ts'
import { DatastoreInputError, quotedNames, refuseUnknownFields } from './datastore-input-error.ts'
import type { Comparison, Filter, FilterValue } from './filters.ts'

const operators: Readonly<Record<Comparison, RawBuilder<unknown>>> = {
  eq: sql`=`,
  gt: sql`>`,
  gte: sql`>=`,
  lt: sql`<`,
  lte: sql`<=`,
}

/**
 * The condition that the rows of `table` which `filter` means fulfil; `table` is the name it has in the statement.
 *
 * Text is compared as text, in the order of the database: `10` is less than `9` there. A value that is not of its column's type is the
 * database's to refuse.
 *
 * @throws DatastoreInputError for `filters`, when a column is not one of `columns`, or is compared with what
 * it cannot be.
 */
export function filterSql(filter: Filter, columns: readonly Column[], table: string): RawBuilder<boolean> {
  refuseUnknownFields(
    'filters',
    columnsOf(filter),
    columns.map(({ id }) => id),
  )
  const byName = new Map(columns.map((column) => [column.id, column]))
  const condition = (part: Filter): RawBuilder<boolean> => {
    if ('filters' in part) {
      if (part.filters.length === 0) return sql<boolean>`true`
      return sql<boolean>`(${sql.join(part.filters.map(condition), part.kind === 'and' ? sql` and ` : sql` or `)})`
    }
    const column = byName.get(part.column)
    if (column === undefined) return sql<boolean>`false`
    return part.kind === 'compare'
      ? comparisonSql(column, table, part.comparison, part.value)
      : membershipSql(column, table, part.values)
  }
  return condition(filter)
}

function* columnsOf(filter: Filter): Generator<string> {
  if ('filters' in filter) {
    for (const part of filter.filters) yield* columnsOf(part)
  } else {
    yield filter.column
  }
}

function comparisonSql(
  column: Column,
  table: string,
  comparison: Comparison,
  value: FilterValue,
): RawBuilder<boolean> {
  const cell = comparable(table, column)
  if (value === null) return sql<boolean>`${cell} is null`
  const text = comparedText(column, value)
  const type = comparedType(column.type, [text])
  return sql<boolean>`${cell} ${operators[comparison]} ${fromCellText(type, sql`${text}::text`)}`
}

function membershipSql(column: Column, table: string, values: readonly FilterValue[]): RawBuilder<boolean> {
  const present = values.filter((value) => value !== null)
  const conditions: RawBuilder<boolean>[] = []
  if (elementType(column.type) !== undefined) {
    conditions.push(...present.map((value) => comparisonSql(column, table, 'eq', value)))
  } else if (present.length > 0) {
    const texts = present.map((value) => comparedText(column, value))
    const type = typeSql(comparedType(column.type, texts))
    conditions.push(sql<boolean>`${comparable(table, column)} = any(cast(${texts}::text[] as ${type}[]))`)
  }
  if (present.length < values.length) conditions.push(sql<boolean>`${sql.id(table, column.id)} is null`)
  return conditions.length === 0 ? sql<boolean>`false` : sql<boolean>`(${sql.join(conditions, sql` or `)})`
}

/** An expression: the value of `column` in `table` in a form that has an order. */
export function comparable(table: string, { id, type }: Column): RawBuilder<unknown> {
  const cell = sql.id(table, id)
  if (!isPlainJson(type)) return cell
  return type === 'json' ? sql`${cell}::jsonb` : sql`${cell}::jsonb[]`
}

/** What a column of `type` is compared with, so that `{ gt: 5.5 }` has a meaning for whole numbers too. */
function comparedType(type: ColumnType, texts: readonly string[]): ColumnType {
  switch (type) {
    case 'int2':
    case 'int4':
    case 'int8':
      return texts.every((text) => /^[+-]?\d{1,18}$/.test(text)) ? 'int8' : 'numeric'
    case 'date':
      return 'timestamp'
    case 'json':
      return 'jsonb'
    case '_json':
      return '_jsonb'
    default:
      return type
  }
}

function comparedText({ id, type }: Column, value: Exclude<FilterValue, null>): string {
  if (type === 'json' || type === 'jsonb') return JSON.stringify(value)
  const isList = typeof value === 'object'
  if (isList !== (elementType(type) !== undefined)) {
    const what = isList ? 'has no lists' : 'has lists, so each of its values is compared with a list'
    throw new DatastoreInputError({ filters: [`The field ${quotedNames([id])} ${what}.`] })
  }
  return isList ? JSON.stringify(value) : String(value)
}
