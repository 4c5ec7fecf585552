/** PostgreSQL restarts while clients ask: what fails fails cleanly, and all is well again without a restart of the portal. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { fieldOf } from './support/field-of.ts'
import { PageVisitor } from './support/page-visitor.ts'
import { callApi, portalCaller } from './support/portal-caller.ts'
import { requiresThrowawayPostgres, startPostgres, type PostgresServer } from './support/postgres-server.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const CLIENTS = 8

/** The answer of the API when something of the portal's own failed. */
const FAILED = {
  success: false,
  error: { __type: 'Internal Server Error', message: 'Internal Server Error' },
}

describe('a portal whose PostgreSQL restarts', requiresThrowawayPostgres(), () => {
  const caller = portalCaller()
  let server: PostgresServer
  let portal: ServedPortal
  let token = ''

  beforeAll(async () => {
    server = await startPostgres()
    portal = await servePortal({
      database: { url: await server.createDatabase(), poolSize: 4 },
      plugins: [caller.definition],
    })
    token = await caller.userWithToken({ name: 'ann' })
    await caller.call('package_create', { name: 'rivers' })
  })

  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
    await server.stop()
  })

  test(
    'answers every request, fails with its envelope and loses nothing that it said was stored',
    { timeout: 120_000 },
    async () => {
      const stored: string[] = []
      const statuses: number[] = []
      const strange: unknown[] = []
      const ended = new AbortController()
      let count = 0
      const ask = async (client: number): Promise<void> => {
        const visitor = new PageVisitor(portal.url)
        while (!ended.signal.aborted) {
          const name = `dataset-${client}-${++count}`
          const writes = count % 3 === 0
          const answer = writes
            ? await callApi(portal.url, 'package_create', { name }, token)
            : await callApi(portal.url, 'package_show', { id: 'rivers' }, token)
          statuses.push(answer.status)
          if (answer.status === 200) {
            if (writes) stored.push(name)
          } else if (answer.status !== 500 || fieldOf(answer.error, '__type') !== FAILED.error.__type) {
            strange.push(answer)
          }
          const page = await visitor.get('/')
          if (page.status !== 200 && page.status !== 500) strange.push(page)
        }
      }
      const clients = Array.from({ length: CLIENTS }, (_, client) => ask(client))
      const isServed = (): void => expect(statuses.slice(-CLIENTS)).toEqual(Array(CLIENTS).fill(200))
      try {
        for (let time = 0; time < 3; time++) {
          await vi.waitFor(isServed, { timeout: 20_000 })
          const before = statuses.length
          await server.restart()
          // Those who were cut off have been told, and the portal serves again, without having been restarted.
          await vi.waitFor(() => expect(statuses.length).toBeGreaterThan(before + 2 * CLIENTS), {
            timeout: 20_000,
          })
        }
        await vi.waitFor(isServed, { timeout: 20_000 })
      } finally {
        ended.abort()
        await Promise.all(clients)
      }

      expect(strange).toEqual([])
      expect(statuses).toContain(500)
      const { result } = await callApi(portal.url, 'package_list', { limit: 100_000 })
      expect(stored.filter((name) => !(Array.isArray(result) && result.includes(name)))).toEqual([])
      expect(portal.logger.lines.some(({ message }) => message === 'an action failed')).toBe(true)
    },
  )

  test('serves at once after a restart in which nobody asked', { timeout: 60_000 }, async () => {
    await callApi(portal.url, 'package_show', { id: 'rivers' })
    await server.restart()
    await vi.waitFor(
      async () => expect((await callApi(portal.url, 'package_show', { id: 'rivers' })).status).toBe(200),
      { timeout: 10_000 },
    )
    expect(await callApi(portal.url, 'package_create', { name: 'after' }, token)).toMatchObject({
      status: 200,
    })
  })

  test('tells a search that the database is away (A08)', async () => {
    await server.stop()

    await vi.waitFor(
      async () => {
        const answer = await callApi(portal.url, 'package_search', { q: 'rivers' })
        expect(answer).toMatchObject({ status: 500, error: { __type: 'Search Connection Error' } })
      },
      { timeout: 10_000 },
    )
  })
})
