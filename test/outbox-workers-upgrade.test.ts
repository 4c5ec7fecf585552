/** Many processes that bring one database up to date at once. */
import { Client } from 'pg'
import { getRollbackPlans } from 'pg-boss'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { startPostgres, type PostgresServer } from './support/postgres-server.ts'
import { requires } from './support/requirements.ts'
import { startOutboxWorker } from './support/start-outbox-worker.ts'

/** Than pg-boss waits for a lock. */
const LONGER_SECONDS = 31

describe('the schema of the outbox, by many processes at once,', requires('postgres'), () => {
  let server: PostgresServer
  let url: string
  let direct: Client
  beforeAll(async () => {
    server = await startPostgres()
    url = await server.createDatabase()
    direct = new Client({ connectionString: url })
    await direct.connect()
  })
  afterAll(async () => {
    await direct.end()
    await server.stop()
  })

  const version = async (): Promise<number> => {
    const { rows } = await direct.query('select version from aldis_jobs.version')
    return z.tuple([z.object({ version: z.coerce.number() })]).parse(rows)[0].version
  }

  /** What each process applied, without those that applied nothing. */
  async function upgradeBy(count: number): Promise<string[]> {
    const processes = await Promise.all(
      Array.from({ length: count }, () => startOutboxWorker(url, { upgrade: true })),
    )
    try {
      const codes = await Promise.all(processes.map(({ exited }) => exited))
      expect(codes).toEqual(Array.from({ length: count }, () => 0))
      return processes
        .flatMap(({ lines }) => lines)
        .flatMap((line) => (line.kind === 'applied' ? [line.applied] : []))
        .filter((applied) => applied !== '')
    } finally {
      for (const each of processes) await each[Symbol.asyncDispose]()
    }
  }

  test('is made in an empty database', async () => {
    // Whoever opens it in the middle finds an older one, which the command then finishes.
    expect(new Set(await upgradeBy(5)).size).toBeLessThan(2)
    expect(await version()).toBeGreaterThan(1)
  }, 120_000)

  test('is migrated once from an older version', async () => {
    const newest = await version()
    await direct.query(getRollbackPlans('aldis_jobs', newest))
    expect(await version()).toBe(newest - 1)
    await direct.query(`
      create table raised (version int);
      create function tell() returns trigger language plpgsql as
        $$ begin insert into raised values (new.version); return new; end $$;
      create trigger tell after update of version on aldis_jobs.version for each row execute function tell()`)
    const applied = await upgradeBy(20)

    // One did it, and the others do not say that they did.
    expect(applied).toEqual([`outbox/pg_boss_${newest}\n`])
    expect((await direct.query('select version from raised')).rows).toEqual([{ version: newest }])
    expect(await version()).toBe(newest)
  }, 240_000)

  test('waits for another process that migrates it, longer than pg-boss would', async () => {
    const newest = await version()
    await direct.query(`
      drop trigger tell on aldis_jobs.version;
      create table gate (is_open boolean);
      create function pass() returns trigger language plpgsql as
        $$ begin while not exists (select from gate) loop perform pg_sleep(0.1); end loop; return new; end $$;`)
    await direct.query(getRollbackPlans('aldis_jobs', newest))
    await direct.query(
      'create trigger pass after update of version on aldis_jobs.version for each row execute function pass()',
    )
    const waiting = async (): Promise<unknown> => {
      const { rows } = await direct.query(
        `select count(*)::int as count from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      )
      return rows
    }
    const upgrades = upgradeBy(3)
    await expect.poll(waiting, { timeout: 60_000 }).toEqual([{ count: 2 }])
    await direct.query('select pg_sleep($1)', [LONGER_SECONDS])
    await direct.query('insert into gate values (true)')

    expect(await upgrades).toEqual([`outbox/pg_boss_${newest}\n`])
  }, 240_000)
})
