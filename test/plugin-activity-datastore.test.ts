/** The plugins activity and datastore together, which do not know each other. */
import { em } from '@aldis/models'
import { User } from '@aldis/portal'
import ActivityPlugin, { Activity } from 'aldis-plugin-activity'
import DatastorePlugin from 'aldis-plugin-datastore'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

describeDatabases('rows that are written', (database) => {
  let portal: ServedPortal
  let token = ''

  beforeAll(async () => {
    const requires = { models: '*', portal: '*' }
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        { name: 'activity', plugin: ActivityPlugin, requires },
        { name: 'datastore', plugin: DatastorePlugin, requires },
      ],
    })
    const account = { name: 'ada', email: 'ada@example.org', password: 'long enough', with_apitoken: true }
    token = z.object({ token: z.string() }).parse(await call('user_create', account)).token
  })
  afterAll(() => portal[Symbol.asyncDispose]())

  async function call(action: string, parameters: object): Promise<unknown> {
    const init = {
      method: 'POST',
      body: JSON.stringify(parameters),
      headers: { 'content-type': 'application/json', authorization: token },
    }
    const answer = await fetch(`${portal.url}/api/3/action/${action}`, init)
    const { result } = z.object({ success: z.literal(true), result: z.unknown() }).parse(await answer.json())
    return result
  }

  test('are activities of whoever wrote them, and a table goes with its resource without a word', async () => {
    await call('package_create', { name: 'tides' })
    const made = await call('resource_create', {
      package_id: 'tides',
      name: 'tides.csv',
      url: 'https://example.org/t',
    })
    const { id } = z.object({ id: z.string() }).parse(made)
    const fields = [{ id: 'hour', type: 'int' }]
    await em().nativeDelete(Activity, {})
    await call('datastore_create', { resource_id: id, fields, primary_key: 'hour', force: true })
    const records = [{ hour: 1 }, { hour: 2 }]
    await call('datastore_upsert', { resource_id: id, records, method: 'upsert', force: true })
    await call('datastore_upsert', { resource_id: id, records, method: 'upsert', force: true, dry_run: true })
    await call('datastore_records_delete', { resource_id: id, filters: { hour: 1 }, force: true })
    await call('resource_delete', { id })

    const { id: ada } = await em().findOneOrFail(User, { name: 'ada' })
    const rows = await em().find(Activity, { verb: { $ne: 'resource_updated' } }, { orderBy: { id: 'asc' } })
    expect(rows).toMatchObject([
      { verb: 'datastore_written', actor: { id: ada }, subjectTitle: 'tides.csv', data: { rows: 2 } },
      { verb: 'datastore_deleted', actor: { id: ada }, subjectTitle: 'tides.csv', data: { rows: 1 } },
      { verb: 'resource_deleted', actor: { id: ada }, subjectTitle: 'tides.csv' },
    ])
  })

  test('of a file without a name are told of by the name of the file, and as loaded from it', async () => {
    await call('package_create', { name: 'gauges', title: 'Gauges' })
    const form = new FormData()
    form.set('package_id', 'gauges')
    form.set('upload', new File(['a\n1\n2\n3\n'], 'pegel stände.csv'))
    const headers = { authorization: token }
    const url = `${portal.url}/api/3/action/resource_create`
    const { status } = await fetch(url, { method: 'POST', headers, body: form })
    expect(status).toBe(200)

    const page = await (await fetch(`${portal.url}/dataset/gauges`)).text()
    const text = page.replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ')
    expect(text).toContain('ada added the resource pegel stände.csv to Gauges')
    expect(text).toContain('3 rows of pegel stände.csv of Gauges were loaded from its file')
  })
})
