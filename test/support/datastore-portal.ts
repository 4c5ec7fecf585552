/** A portal with the datastore, an editor, somebody else and a place for datasets. */
import type { PluginDefinition } from '@aldis/core'
import DatastorePlugin from 'aldis-plugin-datastore'

import { callApi, portalCaller, type ApiAnswer, type PortalCaller } from './portal-caller.ts'
import { servePortal, type ServedPortal } from './served-portal.ts'

export interface DatastorePortal extends AsyncDisposable {
  readonly portal: ServedPortal
  readonly caller: PortalCaller
  /** API tokens; ann is an editor of the organization `acme`, bob is in none. */
  readonly tokens: { readonly ann: string; readonly bob: string }
  /** Call an action as ann, as the owner of another token, or, with `''`, as nobody. */
  ask(action: string, parameters: object, token?: string): Promise<ApiAnswer>
  /** Make a dataset with one resource that has a table, and return the resource's id. */
  table(definition: object, dataset?: object): Promise<string>
  /** Upload `content` as a new resource of a new dataset, or as the file of `resource`; resolves with the resource. */
  upload(
    content: string | Uint8Array<ArrayBuffer>,
    options?: { resource?: string; filename?: string },
  ): Promise<UploadedResource>
}

interface UploadedResource {
  readonly id: string
  readonly [key: string]: unknown
}

export async function datastorePortal(
  database: Record<string, unknown>,
  {
    settings = {},
    plugins = [],
  }: { settings?: Record<string, unknown>; plugins?: readonly PluginDefinition[] } = {},
): Promise<DatastorePortal> {
  const caller = portalCaller()
  const portal = await servePortal({
    database,
    plugins: [
      caller.definition,
      {
        name: 'datastore',
        plugin: DatastorePlugin,
        version: '9.9.9',
        requires: { models: '*', portal: '*' },
        settings,
      },
      ...plugins,
    ],
  })
  const tokens = {
    ann: await caller.userWithToken({ name: 'ann' }),
    bob: await caller.userWithToken({ name: 'bob' }),
  }
  await caller.call('organization_create', { name: 'acme', title: 'Acme' })
  await caller.call('organization_member_create', { id: 'acme', username: 'ann', role: 'editor' })
  let datasets = 0
  const ask: DatastorePortal['ask'] = (action, parameters, token = tokens.ann) =>
    callApi(portal.url, action, parameters, token)
  const newDataset = async (dataset: object = {}): Promise<string> => {
    const name = `dataset-${++datasets}`
    resultOf(await ask('package_create', { name, owner_org: 'acme', ...dataset }))
    return name
  }
  return {
    portal,
    caller,
    tokens,
    ask,
    async table(definition, dataset) {
      const resource = { package_id: await newDataset(dataset) }
      return String(resultOf(await ask('datastore_create', { resource, ...definition }))['resource_id'])
    },
    async upload(content, { resource, filename = 'table.csv' } = {}) {
      const form = new FormData()
      if (resource === undefined) form.set('package_id', await newDataset())
      else form.set('id', resource)
      form.set('upload', new File([content], filename))
      const action = resource === undefined ? 'resource_create' : 'resource_update'
      const response = await fetch(`${portal.url}/api/action/${action}`, {
        method: 'POST',
        headers: { authorization: tokens.ann },
        body: form,
      })
      const body: unknown = await response.json()
      const { result } = asRecord(body)
      const uploaded = asRecord(result)
      return { ...uploaded, id: String(uploaded['id']) }
    },
    [Symbol.asyncDispose]: () => portal[Symbol.asyncDispose](),
  }
}

/** The result of an answer that must be a success. */
export function resultOf({ status, success, result, error }: ApiAnswer): Record<string, unknown> {
  if (success !== true) throw new Error(`The answer is ${status}: ${JSON.stringify(error)}`)
  return asRecord(result)
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new Error(`No object: ${JSON.stringify(value)}`)
  return Object.fromEntries(Object.entries(value))
}

/** CKAN's example of a table, with a key and a list in a cell. */
export const books = {
  fields: [
    { id: 'book', type: 'text' },
    { id: 'author', type: 'text' },
    { id: 'published', type: 'timestamp' },
    { id: 'characters', type: '_text' },
  ],
  aliases: [],
  records: [
    {
      book: 'annakarenina',
      author: 'tolstoy',
      published: '2005-03-01',
      characters: ['Princess Anna', 'Sergius'],
    },
    { book: 'warandpeace', author: 'tolstoy' },
  ],
  primary_key: ['book'],
}
