/** What is left of durable events when processes are killed: every one that has committed is delivered. */
import { randomInt } from 'node:crypto'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { callsIn } from './crash/call-log.ts'
import { drain, startChild } from './crash/crash-child.ts'
import {
  embeddedDatabases,
  serverDatabases,
  type CrashDatabase,
  type CrashDatabases,
} from './crash/crash-database.ts'
import type { CallLine, Drained } from './crash/crash-plan.ts'
import { KILL_POINTS, type NamedPoint } from './crash/kill-points.ts'
import { crashMatrix } from './crash/matrix.ts'
import { MODES } from './crash/mode.ts'
import { describeDatabases } from './support/databases.ts'

/** In each mode. A process of the embedded database takes three times as long to start. Together they make 200. */
const KILLS = { PGlite: 14, PostgreSQL: 36 }
/** How long deliveries may stand still after a crash, in milliseconds, when there is a process to make them. */
const PROMISED_MS = 31_000
const TIMEOUT_MS = 600_000

// Most of the time goes by in waiting for leases to end, which all do at once.
describe.concurrent('durable delivery through SIGKILL', { timeout: TIMEOUT_MS }, () => {
  describeDatabases('what is committed is delivered', (database) => {
    let databases: CrashDatabases
    beforeAll(async () => {
      const settings = await database.settings()
      databases = 'url' in settings ? await serverDatabases(settings.url) : await embeddedDatabases()
    })
    afterAll(() => databases[Symbol.asyncDispose]())

    const seed = randomInt(2 ** 31)
    test(`by ${MODES.length * KILLS[database.name]} kills at every step, at one and at ten jobs at a time, in shards and without`, async () => {
      const kills = KILLS[database.name]
      const outcomes = await crashMatrix(
        MODES.map((mode) => ({ database: database.name, databases, ...mode, kills })),
        { seed, lanes: 1 },
      )

      for (const { batchSize, shards, committed, delivered, broken, points } of outcomes) {
        // A point that nobody comes to proves nothing.
        const unreached = KILL_POINTS.filter((point) => points[point] === 0)
        const expected = { seed, batchSize, shards, delivered: committed, broken: [], unreached: [] }
        expect({ seed, batchSize, shards, delivered, broken, unreached }).toEqual(expected)
        expect(committed).toBeGreaterThan(kills)
      }
    })

    /** What is left after one event has been sent by a process that died at `point`, and another has done the rest. */
    async function after(
      point: NamedPoint,
      { serves = true }: { readonly serves?: boolean } = {},
    ): Promise<Drained & { readonly calls: readonly CallLine[] }> {
      await using place: CrashDatabase = await databases.make()
      const child = await startChild({
        database: place.database,
        log: place.log,
        batchSize: 10,
        child: 'a',
        seed: 0,
        work: 'one',
        serves,
        kill: { point, hit: 1 },
      })
      const { killed } = await child.ended
      expect(killed).toBe(true)
      const drained = await drain(place)
      return { ...drained, calls: await callsIn(place.log) }
    }
    const summary = (calls: readonly CallLine[]): string[] =>
      calls.map(({ what, attempt }) => `${what} ${attempt}`)

    test.each(['before insert', 'after insert', 'before commit'] as const)(
      'and a kill %s leaves neither the row nor the event',
      async (point) => {
        const { committed, calls, delivered } = await after(point)
        expect({ committed, calls, delivered }).toEqual({ committed: [], calls: [], delivered: 0 })
      },
    )

    test('once, when a process is killed after COMMIT and before any delivery', async () => {
      const { committed, calls, delivered } = await after('after commit', { serves: false })
      expect(committed).toEqual(['a-1'])
      expect(summary(calls)).toEqual(['called 1', 'returns 1'])
      expect(delivered).toBe(1)
    })

    test('by one further call within 31 seconds, when a process is killed while its receiver runs', async () => {
      const { calls, delivered, servesSince } = await after('receiver call')
      expect(summary(calls)).toEqual(['called 1', 'called 2', 'returns 2'])
      expect(new Set(calls.map(({ eventId }) => eventId)).size).toBe(1)
      expect((calls[1]?.at ?? Infinity) - servesSince).toBeLessThan(PROMISED_MS)
      expect(delivered).toBe(1)
    })

    test('twice with the same id, when a process is killed after its receiver returned and before that is recorded', async () => {
      const results = await Promise.all([after('receiver return'), after('before record')])
      for (const { calls, delivered, parked } of results) {
        expect(summary(calls)).toEqual(['called 1', 'returns 1', 'called 2', 'returns 2'])
        expect(new Set(calls.map(({ eventId }) => eventId)).size).toBe(1)
        expect({ delivered, parked }).toEqual({ delivered: 1, parked: 0 })
      }
    })

    test('once, when a process is killed after that is recorded', async () => {
      const { calls, delivered } = await after('after record')
      expect(summary(calls)).toEqual(['called 1', 'returns 1'])
      expect(delivered).toBe(1)
    })

    test('once, when a process is killed after it has claimed and before it calls', async () => {
      const { calls, delivered } = await after('after claim')
      expect(summary(calls)).toEqual(['called 2', 'returns 2'])
      expect(delivered).toBe(1)
    })
  })
})
