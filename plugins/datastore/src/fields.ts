import { checkColumnNames } from './column-name.ts'
import { columnTypeOf, type Column } from './column-type.ts'
import { DatastoreInputError } from './datastore-input-error.ts'
import { typeOfJson } from './guessed-type.ts'
import { isJsonObject, type JsonObject } from './json-object.ts'
import { valueIn, type RowRecord } from './row-source.ts'

/** A field as `fields` of an action has it. */
export interface FieldDefinition {
  readonly id: string
  /** One of the names that `columnTypeOf` knows; without it the records tell. */
  readonly type?: string | undefined
  /** What somebody says about the field, such as its label and notes. */
  readonly info?: JsonObject | undefined
}

/**
 * Read the `fields` of an action that defines a table: a list of `{ id, type?, info? }`.
 *
 * @throws DatastoreInputError for `fields`.
 */
export function parseFields(input: unknown): FieldDefinition[] {
  if (!Array.isArray(input)) throw notFields()
  const fields = input.map(parseField)
  checkColumnNames(fields.map(({ id }) => id))
  return fields
}

function parseField(field: unknown): FieldDefinition {
  if (!isJsonObject(field) || typeof field['id'] !== 'string') throw notFields()
  const { id, type, info } = field
  if (type !== undefined && type !== null && typeof type !== 'string') throw notFields()
  if (info !== undefined && info !== null && !isJsonObject(info)) {
    throw new DatastoreInputError({ fields: [`The info of "${id}" must be an object.`] })
  }
  return { id, type: type ?? undefined, info: info ?? undefined }
}

/** The fields of `records` when nobody names any: the keys of the first record. */
export function fieldsOfRecords(records: readonly RowRecord[]): FieldDefinition[] {
  const fields = Object.keys(records[0] ?? {}).map((id) => ({ id }))
  checkColumnNames(fields.map(({ id }) => id))
  return fields
}

/**
 * The columns that `fields` define. A field without a type keeps that of its column in `present`; a new one takes
 * that of its first value in `records`.
 *
 * @throws DatastoreInputError for `fields`, when a type is none.
 */
export function columnsFor(
  fields: readonly FieldDefinition[],
  records: readonly RowRecord[],
  present: readonly Column[] = [],
): Column[] {
  return fields.map(({ id, type }) => {
    if (type === undefined) {
      return present.find((column) => column.id === id) ?? { id, type: typeOfJson(firstValue(id, records)) }
    }
    const known = columnTypeOf(type)
    if (known === undefined) {
      throw new DatastoreInputError({ fields: [`"${type}" is not a valid type for the field "${id}".`] })
    }
    return { id, type: known }
  })
}

function firstValue(column: string, records: readonly RowRecord[]): unknown {
  for (const record of records) {
    const value = valueIn(record, column)
    if (value !== null && value !== undefined) return value
  }
  return undefined
}

const notFields = (): DatastoreInputError =>
  new DatastoreInputError({ fields: ['Fields must be a list of objects with an id, and perhaps a type.'] })
