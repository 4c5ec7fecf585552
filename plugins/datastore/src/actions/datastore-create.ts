import { em } from '@aldis/models'
import { ValidationError, type Action, type ActionContext, type Parameters } from '@aldis/portal'
import type { QueryExecutorProvider } from 'kysely'
import { z } from 'zod'

import { parseAliases, setAliases } from '../aliases.ts'
import { sendUpsert } from '../datastore-events.ts'
import { findTable, type DatastoreTable } from '../datastore-table.ts'
import { saveFieldInfo } from '../field-info.ts'
import { columnsFor, fieldsOfRecords, parseFields, type FieldDefinition } from '../fields.ts'
import { insertRecords } from '../insert-rows.ts'
import { isJsonObject } from '../json-object.ts'
import { lockedResource, noteWritten, writableResource } from '../locked-resource.ts'
import { checkRecords, type RowRecord } from '../row-source.ts'
import { parseIndexes, parsePrimaryKey, setIndexes, setPrimaryKey } from '../table-indexes.ts'
import { defineTable, dropOtherColumns } from '../table.ts'
import { writtenRecords } from '../written-records.ts'
import { flag, parsed, referenceIn } from './action-parameters.ts'

const Input = z.object({
  resource: z.record(z.string(), z.unknown(), { error: 'Must be an object' }).nullish(),
  force: flag,
  include_records: flag,
  delete_fields: flag,
  fields: z.unknown().optional(),
  records: z.unknown().optional(),
  primary_key: z.unknown().optional(),
  aliases: z.unknown().optional(),
  indexes: z.unknown().optional(),
})
type Input = z.output<typeof Input>

/** The action `datastore_create`: define the table of a resource, and insert rows. */
export const datastoreCreate: Action = {
  help:
    'Give a resource a table, or change its table, and insert rows. Parameters: resource_id, or resource: an object with ' +
    'package_id for a new one; fields: a list of {id, type, info}; records: a list of objects; primary_key; aliases; indexes; ' +
    'force: also when the resource is a file or a link; delete_fields: drop the fields that are not in fields; include_records.',
  run: async (context, parameters) => {
    const input = parsed(Input, parameters)
    refuseBothOrNeither(parameters)
    const resource = input.resource
      ? await lockedResource(await newResource(context, input.resource))
      : await writableResource(referenceIn(parameters), input.force)
    const written = await writeTable(em().getKysely(), resource.id, input)
    noteWritten(resource, true)
    return written
  },
}

/** @throws ValidationError unless `parameters` say exactly one of `resource` and `resource_id` */
export function refuseBothOrNeither({ resource, resource_id: resourceId, id }: Parameters): void {
  const hasId = (resourceId ?? id ?? '') !== ''
  const hasResource = resource !== undefined && resource !== null
  if (hasId !== hasResource) return
  const message = hasId ? 'resource cannot be used with resource_id' : 'Missing value'
  throw new ValidationError({ resource_id: [message] })
}

async function newResource(context: ActionContext, resource: JsonRecord): Promise<string> {
  const made = await context.call('resource_create', { ...resource, url_type: 'datastore' })
  if (!isJsonObject(made)) throw new TypeError('The action resource_create returned no resource.')
  return String(made['id'])
}

type JsonRecord = Readonly<Record<string, unknown>>

async function writeTable(executor: QueryExecutorProvider, id: string, input: Input): Promise<JsonRecord> {
  const present = await findTable(executor, id)
  const fields = fieldsFor(input, present)
  const records = checkRecords(input.records ?? [], [
    ...(present?.columns.slice(1) ?? []),
    ...fields.map((field) => ({ id: field.id, type: 'text' as const })),
  ])
  const columns = columnsFor(fields, records, present?.columns)
  let table = await defineTable(executor, id, columns)
  if (input.delete_fields === true && fields.length > 0) {
    table = await dropOtherColumns(
      executor,
      table,
      fields.map((field) => field.id),
    )
  }
  await saveFieldInfo(executor, id, fields)
  const names = await nameAndIndex(executor, table, input)
  const ids = await insertRecords(executor, table, records)
  await sendUpsert(id, { method: 'insert', records, count: ids.length })
  return {
    resource_id: id,
    fields: fields.map((field, index) => ({
      ...withoutNothing(field),
      type: field.type ?? columns[index]?.type,
    })),
    ...names,
    method: 'insert',
    ...(input.include_records === true && { records: await writtenRecords(executor, table, ids) }),
  }
}

/** The fields that are given; otherwise, for a table that is not there yet, those of the first record. */
function fieldsFor({ fields, records }: Input, present: DatastoreTable | undefined): FieldDefinition[] {
  const given = fields === undefined || fields === null ? [] : parseFields(fields)
  if (given.length > 0 || present !== undefined) return given
  const first: unknown = Array.isArray(records) ? records[0] : undefined
  return fieldsOfRecords(isJsonObject(first) ? [first] : [])
}

/** Set what `input` says of key, indexes and aliases; what it does not say stays. */
async function nameAndIndex(
  executor: QueryExecutorProvider,
  table: DatastoreTable,
  input: Input,
): Promise<JsonRecord> {
  const set: Record<string, unknown> = {}
  if (isGiven(input.primary_key)) {
    set['primary_key'] = parsePrimaryKey(input.primary_key)
    await setPrimaryKey(executor, table, parsePrimaryKey(input.primary_key))
  }
  if (isGiven(input.indexes)) {
    set['indexes'] = parseIndexes(input.indexes)
    await setIndexes(executor, table, parseIndexes(input.indexes))
  }
  if (isGiven(input.aliases)) {
    set['aliases'] = parseAliases(input.aliases)
    await setAliases(executor, table.id, parseAliases(input.aliases))
  }
  return set
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

const withoutNothing = ({ id, info }: FieldDefinition): RowRecord => ({ id, ...(info && { info }) })
