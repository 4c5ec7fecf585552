/** How long the plugin activity keeps what it has written. */
import { em } from '@aldis/models'
import ActivityPlugin, { Activity } from 'aldis-plugin-activity'
import { afterEach, expect, test, vi } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const DAY_MS = 24 * 60 * 60 * 1000

let portal: ServedPortal | undefined
afterEach(async () => {
  vi.useRealTimers()
  await portal?.[Symbol.asyncDispose]()
})

describeDatabases('old activities', (database) => {
  test.each([
    [30, [29]],
    [null, [1000, 31, 29]],
  ])('with keepDays %j those are left after a day that are %j days old', async (keepDays, left) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    portal = await served(keepDays)
    await rowsOf(29, 1)
    await rowsOf(31, 1)
    // More than one statement deletes.
    await rowsOf(1000, 1200)
    vi.advanceTimersByTime(DAY_MS)

    await vi.waitFor(async () => expect(await daysLeft()).toEqual(left), { timeout: 10_000 })
  })

  test('what is old is deleted when the portal begins to serve', async () => {
    portal = await served(30)
    await rowsOf(31, 1)
    await portal.stop()
    const controller = new AbortController()
    const serving = portal.host.serve(controller.signal)

    await vi.waitFor(async () => expect(await daysLeft()).toEqual([]), { timeout: 10_000 })
    controller.abort()
    await serving
  })

  async function served(keepDays: number | null): Promise<ServedPortal> {
    const plugin = {
      name: 'activity',
      plugin: ActivityPlugin,
      requires: { portal: '*' },
      settings: { keepDays },
    }
    return servePortal({ database: await database.settings(), plugins: [plugin] })
  }
})

async function rowsOf(days: number, count: number): Promise<void> {
  const row = {
    at: new Date(Date.now() - days * DAY_MS),
    verb: 'user_created' as const,
    subjectKind: 'user' as const,
    subjectId: '00000000-0000-4000-8000-000000000000',
    subjectTitle: 'ada',
    data: {},
  }
  await em().insertMany(
    Activity,
    Array.from({ length: count }, () => row),
  )
}

async function daysLeft(): Promise<number[]> {
  const rows = await em().find(Activity, {}, { orderBy: { at: 'asc' } })
  return [...new Set(rows.map(({ at }) => Math.round((Date.now() - at.getTime()) / DAY_MS)))]
}
