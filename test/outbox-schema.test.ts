/** The schema that jobs are kept in. The same on each database. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { SubscriptionMap } from '@aldis/core'
import { postUpgrade, rawDatabase } from '@aldis/models'
import { namespace, type Signal } from '@aldis/signals'
import { getRollbackPlans, PgBoss } from 'pg-boss'
import { afterEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost, type OutboxHostOptions } from './support/outbox-host.ts'
import { runCommand } from './support/run-command.ts'

const placed: Signal<string, { readonly n: number }> = namespace('outbox_schema').declare('placed', {
  payload: z.object({ n: z.int() }),
})

// Databases that are made, upgraded and opened again take their time on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 })

/** The oldest version from which pg-boss migrates. */
const OLDEST = 25

const heard: number[] = []
const plugin = {
  getSignalSubscriptions: () =>
    new SubscriptionMap().on(placed, (_sender, { n }) => void heard.push(n), {
      id: 'hear',
      delivery: 'durable',
    }),
}
/** A plugin that sends while the database is being made: before the outbox has started. */
const early = {
  getSignalSubscriptions: () =>
    new SubscriptionMap().on(postUpgrade, () => placed.sendAsync('early', { n: 0 }), { id: 'early' }),
}

let running: OutboxHost | undefined
afterEach(async () => {
  await running?.[Symbol.asyncDispose]()
  running = undefined
  heard.length = 0
})

const command = async ({ host }: OutboxHost, name: string): Promise<string> =>
  (await runCommand(host, name)).out

describeDatabases('the schema of the outbox', (database) => {
  test('is made with an empty database, and what is sent meanwhile is stored', async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [
        { name: 'shop', plugin },
        { name: 'early', plugin: early },
      ],
    })

    expect(await command(running, 'db status')).toMatch(
      /outbox +0001_outbox +applied .*\n(?:outbox +\d.*\n)*outbox +pg_boss_\d+ +applied/,
    )
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toEqual([0])
  })

  /** Settings of a database that is there again after a restart. */
  const lasting = async (): Promise<OutboxHostOptions['database']> =>
    database.name === 'PGlite'
      ? { folder: await mkdtemp(join(tmpdir(), 'aldis-outbox-')) }
      : database.settings()

  test('that is older than the code is upgraded by a command, and by nothing else', async () => {
    const options = { database: await lasting(), plugins: [{ name: 'shop', plugin }] }
    running = await startOutbox(options)
    const { rows } = await rawDatabase().execute('select version from aldis_jobs.version')
    const [{ version }] = z.tuple([z.object({ version: z.coerce.number() })]).parse(rows)
    await rawDatabase().execute(getRollbackPlans('aldis_jobs', version))
    await running[Symbol.asyncDispose]()

    running = await startOutbox(options)
    await expect(placed.sendAsync('web', { n: 1 })).rejects.toMatchObject({ code: 'SCHEMA_OLDER' })
    await expect(running.outbox.stats()).rejects.toMatchObject({ code: 'OUTBOX_CLOSED' })
    expect(await command(running, 'db status')).toMatch(/outbox +pg_boss_\d+ +waiting/)
    expect(await command(running, 'db upgrade')).toBe(`outbox/pg_boss_${version}\n`)
    await running[Symbol.asyncDispose]()

    running = await startOutbox(options)
    await placed.sendAsync('web', { n: 1 })
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toEqual([1])
  })

  /** What pg-boss finds in its schema that is not as the newest version has it. */
  async function drift(): Promise<unknown> {
    const raw = rawDatabase()
    const db = { executeSql: (text: string, values?: unknown[]) => raw.execute(text, values) }
    const boss = new PgBoss({ db, schema: 'aldis_jobs', migrate: false, supervise: false, schedule: false })
    return boss.detectSchemaDrift()
  }

  test('of any older version is after its upgrade as a new one', async () => {
    const options = { database: await lasting(), plugins: [{ name: 'shop', plugin }] }
    running = await startOutbox(options)
    const fresh = await drift()
    expect(fresh).toMatchObject({ ok: true })
    const { rows } = await rawDatabase().execute('select version from aldis_jobs.version')
    const [{ version }] = z.tuple([z.object({ version: z.coerce.number() })]).parse(rows)
    for (let older = version; older > OLDEST; older--) {
      await rawDatabase().execute(getRollbackPlans('aldis_jobs', older))
    }
    expect(await drift()).toMatchObject({ ok: false })
    await running[Symbol.asyncDispose]()

    running = await startOutbox(options)
    expect(await command(running, 'db upgrade')).toBe(`outbox/pg_boss_${version}\n`)
    expect(await drift()).toEqual(fresh)
  })

  test('that is newer than the code is refused', async () => {
    const options = { database: await lasting(), plugins: [{ name: 'shop', plugin }] }
    running = await startOutbox(options)
    await rawDatabase().execute('update aldis_jobs.version set version = version + 1')
    await running[Symbol.asyncDispose]()
    running = undefined

    await expect(startOutbox(options)).rejects.toMatchObject({
      failures: [{ error: { code: 'SCHEMA_NEWER' } }],
    })
  })
})
