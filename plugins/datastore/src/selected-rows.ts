import { sql, type RawBuilder } from 'kysely'

import { toCellText, type CellText } from './cell.ts'
import type { Column, ColumnType } from './column-type.ts'

/** A column of an answer: one of the table, or what the search adds, such as `rank`. */
export interface AnswerField {
  readonly id: string
  readonly type: ColumnType
}

/** Rows as the database gave them: the text of each cell, in the order of `fields`. */
export interface SelectedRows {
  readonly fields: readonly AnswerField[]
  readonly rows: readonly (readonly CellText[])[]
}

type SelectedRow = Readonly<Record<string, CellText>>

/** The columns of `table` as a statement returns them; {@link cellsOfRow} takes them from a row of its result. */
export function selectedCells(table: string, columns: readonly Column[]): RawBuilder<SelectedRow> {
  return sql.join(columns.map((column, index) => sql`${toCellText(table, column)} as ${sql.id(`c${index}`)}`))
}

export const cellsOfRow = (columns: readonly Column[], row: SelectedRow): CellText[] =>
  columns.map((_column, index) => row[`c${index}`] ?? null)
