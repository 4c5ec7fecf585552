/** A database that is being made, or brought up to date, by processes that are killed: the next one goes on. */
import { randomInt } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { drain, startChild } from './crash/crash-child.ts'
import type { CrashPlan } from './crash/crash-plan.ts'
import { ANY_STATEMENT } from './crash/kill-points.ts'
import { randomOf } from './crash/random.ts'
import { describeDatabases } from './support/databases.ts'

/** How many statements more than the one before, at most, a process comes to. */
const STEP = 4

describeDatabases('an upgrade that is killed at any statement', (database) => {
  let folder: string
  let place: CrashPlan['database']
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aldis-crash-upgrade-'))
    const settings = await database.settings()
    place = 'url' in settings ? { url: settings.url } : { folder: join(folder, 'data') }
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const seed = randomInt(2 ** 31)
  test(`is finished by the next, and events are delivered (seed ${seed})`, { timeout: 300_000 }, async () => {
    const random = randomOf(seed)
    const plan = { database: place, log: join(folder, 'calls'), batchSize: 10, seed }
    let kills = 0
    for (let hit = 1; ; hit += random.whole(1, STEP)) {
      const kill = { point: ANY_STATEMENT, hit } as const
      const child = await startChild({ ...plan, child: 'a', work: 'upgrade', kill })
      if (!(await child.ended).killed) break
      kills += 1
    }
    expect(kills).toBeGreaterThan(3)

    const sender = await startChild({
      ...plan,
      child: 'b',
      work: 'one',
      kill: { point: 'after commit', hit: 1 },
    })
    expect(await sender.ended).toMatchObject({ killed: true })
    expect(await drain(plan)).toMatchObject({ committed: ['b-1'], delivered: 1, waiting: 0, parked: 0 })
  })
})
