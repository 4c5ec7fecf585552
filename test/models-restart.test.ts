/** A PostgreSQL server that goes away and comes back under a running host. */
import { createHost, silentLogger } from '@aldis/core'
import ModelsPlugin, { em, transaction } from '@aldis/models'
import { describe, expect, test, vi } from 'vitest'

import { requiresThrowawayPostgres, startPostgres } from './support/postgres-server.ts'
import { requires } from './support/requirements.ts'

/** A host with the database of `url` and one connection, so that a lost one is missed at once. */
async function hostOf(url: string): Promise<AsyncDisposable> {
  const host = await createHost({
    config: { plugins: ['models'], settings: { models: { url, poolSize: 1 } } },
    plugins: [{ name: 'models', plugin: ModelsPlugin }],
    logger: silentLogger,
  })
  await host.load()
  await host.start()
  return host
}

const one = async (): Promise<unknown> => em().execute('select 1 as one')

describe('a PostgreSQL server that restarts', requiresThrowawayPostgres(), () => {
  test('fails what runs and nothing that comes later', { timeout: 60_000 }, async () => {
    await using server = await startPostgres()
    await using _host = await hostOf(await server.createDatabase())
    for (let time = 0; time < 3; time++) {
      const begun = Promise.withResolvers<void>()
      const inside = transaction(async (own) => {
        await own.execute('select 1')
        begun.resolve()
        await own.execute('select pg_sleep(30)')
      })
      const failure = inside.then(String, String)
      await begun.promise
      await server.restart()
      expect(await failure).toMatch(/terminat|connection/i)

      expect(await vi.waitFor(one, { timeout: 10_000 })).toEqual([{ one: 1 }])
      expect(await transaction((own) => own.execute('select 2 as two'))).toEqual([{ two: 2 }])
    }
  })

  test('does not take an idle host with it', { timeout: 60_000 }, async () => {
    await using server = await startPostgres()
    await using _host = await hostOf(await server.createDatabase())
    await one()
    await server.restart()

    expect(await vi.waitFor(one, { timeout: 10_000 })).toEqual([{ one: 1 }])
    expect(await transaction((own) => own.execute('select 2 as two'))).toEqual([{ two: 2 }])
  })
})

describe('a transaction that cannot begin', requires('postgres'), () => {
  test('gives its connection back', async () => {
    await using server = await startPostgres()
    await using _host = await hostOf(await server.createDatabase())

    const begun = em().transactional(() => undefined, { isolationLevel: 'snapshot' })
    await expect(begun).rejects.toThrow('snapshot')
    expect(await one()).toEqual([{ one: 1 }])
  })
})

test('the error of a server that is not there has no password in it', async () => {
  const started = hostOf('postgres://ada:s3cret-word@127.0.0.1:1/books')

  await expect(started).rejects.toMatchObject({ failures: [{ error: { code: 'DATABASE_UNUSABLE' } }] })
  await expect(started).rejects.toThrow('127.0.0.1:1/books')
  await started.catch((error: unknown) => {
    for (let each: unknown = error; each instanceof Error; each = each.cause) {
      expect(`${each.message}${each.stack}${JSON.stringify(each)}`).not.toContain('s3cret')
    }
  })
})
