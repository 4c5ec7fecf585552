import { stringify } from 'csv-stringify/sync'

import { csvOfCell, valueOfCell, type CellText } from './cell.ts'
import type { AnswerField, SelectedRows } from './selected-rows.ts'

/** The forms that rows can be given in. */
export const recordsFormats = ['objects', 'lists', 'csv', 'tsv'] as const
export type RecordsFormat = (typeof recordsFormats)[number]
type FormattedRecords = Record<string, unknown>[] | unknown[][] | string

/**
 * What `selected` is in `format`: objects or lists with values of JSON, or text with a line for each row and
 * none for the names of the fields. In text, what is missing is empty.
 */
export function formatRecords(selected: SelectedRows, format: 'objects'): Record<string, unknown>[]
export function formatRecords(selected: SelectedRows, format: 'lists'): unknown[][]
export function formatRecords(selected: SelectedRows, format: 'csv' | 'tsv'): string
export function formatRecords(selected: SelectedRows, format: RecordsFormat): FormattedRecords
export function formatRecords({ fields, rows }: SelectedRows, format: RecordsFormat): FormattedRecords {
  switch (format) {
    case 'objects':
      return rows.map((row) =>
        Object.fromEntries(fields.map((field, at) => [field.id, valueAt(field, row, at)])),
      )
    case 'lists':
      return rows.map((row) => fields.map((field, at) => valueAt(field, row, at)))
    default:
      return stringify(
        rows.map((row) => fields.map(({ type }, at) => csvOfCell(type, row[at] ?? null))),
        { delimiter: format === 'csv' ? ',' : '\t' },
      )
  }
}

const valueAt = ({ type }: AnswerField, row: readonly CellText[], at: number): unknown =>
  valueOfCell(type, row[at] ?? null)
