import type { Blueprint, BlueprintRoute } from '@aldis/core'
import { em } from '@aldis/models'
import { ActionError, type Portal } from '@aldis/portal'
import { stringify } from 'csv-stringify/sync'

import { referenceIn } from './actions/action-parameters.ts'
import { answered } from './actions/answered.ts'
import type { DatastoreTable } from './datastore-table.ts'
import { foundTable } from './found-table.ts'
import { formatRecords } from './records-format.ts'
import { searchRows } from './search-rows.ts'

const rowsPerPage = 5_000

const mediaTypes = {
  csv: 'text/csv; charset=utf-8',
  tsv: 'text/tab-separated-values; charset=utf-8',
  json: 'application/json; charset=utf-8',
} as const
type DumpFormat = keyof typeof mediaTypes

/** The route `GET /datastore/dump/:id?format=csv|tsv|json`: all rows of a table that the caller may read. */
export function dumpBlueprint(portal: Portal): Blueprint {
  const routes: BlueprintRoute[] = [
    { method: 'GET', path: '/dump/:id', handler: (request, { id = '' }) => dump(portal, request, id) },
  ]
  return {
    name: 'datastore',
    prefix: '/datastore',
    routes,
    addRoute: (route) => void routes.push(route),
  }
}

async function dump(portal: Portal, request: Request, id: string): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const format = searchParams.get('format') ?? 'csv'
  if (!isDumpFormat(format)) return refusal(400, 'The format is csv, tsv or json.')
  try {
    const actor = await portal.actorOf(request)
    await portal.call('datastore_search', { resource_id: id, limit: 0, include_total: false }, { actor })
    const table = await answered(() => foundTable(em().getKysely(), referenceIn({ resource_id: id })))
    return new Response(ReadableStream.from(encoded(textOf(table, format))), {
      headers: {
        'content-type': mediaTypes[format],
        'content-disposition': `attachment; filename="${table.id}.${format}"`,
        'x-content-type-options': 'nosniff',
      },
    })
  } catch (error) {
    if (error instanceof ActionError) return refusal(error.statusCode, error.message)
    throw error
  }
}

function refusal(status: number, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
  })
}

function isDumpFormat(format: string): format is DumpFormat {
  return Object.hasOwn(mediaTypes, format)
}

async function* encoded(parts: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder()
  for await (const part of parts) yield encoder.encode(part)
}

async function* textOf(table: DatastoreTable, format: DumpFormat): AsyncGenerator<string, void, undefined> {
  const names = table.columns.map(({ id }) => id)
  if (format !== 'json') {
    yield stringify([names], { delimiter: format === 'csv' ? ',' : '\t' })
    for await (const found of pagesOf(table)) yield formatRecords(found, format)
    return
  }
  const fields = table.columns.map(({ id, type }) => ({ id, type: id === '_id' ? 'int' : type }))
  yield `{"fields":${JSON.stringify(fields)},"records":[`
  let between = '\n'
  for await (const found of pagesOf(table)) {
    for (const row of formatRecords(found, 'lists')) {
      yield between + JSON.stringify(row)
      between = ',\n'
    }
  }
  yield '\n]}\n'
}

/** The rows of `table` in the order of `_id`, a page at a time, so that no page is in memory longer than it takes to send it. */
async function* pagesOf(
  table: DatastoreTable,
): AsyncGenerator<Awaited<ReturnType<typeof searchRows>>, void, undefined> {
  let last: string | null | undefined
  do {
    const found = await searchRows(em().getKysely(), table, {
      ...(last && { filters: { _id: { gt: last } } }),
      sort: '_id',
      limit: rowsPerPage,
      include_total: false,
    })
    if (found.rows.length > 0) yield found
    last = found.rows.length < rowsPerPage ? undefined : found.rows.at(-1)?.[0]
  } while (last)
}
