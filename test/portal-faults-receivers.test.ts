/** A receiver that throws, in every core signal: what was asked for is done all the same, and the failure is reported. */
import { SubscriptionMap, type Subscription } from '@aldis/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { coreSignalMoments, coreSignalStage, type Stage } from './support/core-signal-moments.ts'
import { describeDatabases } from './support/databases.ts'

const MISDEEDS = {
  throws: (): never => {
    throw new RangeError('no such luck')
  },
  rejects: (): Promise<never> => Promise.reject(new RangeError('no such luck')),
}
const DELIVERIES = ['commit', 'inline'] as const

/** Does every misdeed at every core signal, in its transaction and after the commit. */
class BrokenPlugin {
  getSignalSubscriptions(): SubscriptionMap {
    const map = new SubscriptionMap()
    for (const { signal } of coreSignalMoments) {
      const subscriptions = DELIVERIES.flatMap((delivery) =>
        Object.entries(MISDEEDS).map(([id, receiver]): Subscription => ({
          receiver,
          id: `${signal.name}-${id}-${delivery}`,
          delivery,
        })),
      )
      map.set(signal, subscriptions)
    }
    return map
  }
}

describeDatabases('receivers that throw', (database) => {
  let stage: Stage

  beforeAll(async () => {
    stage = await coreSignalStage(database, [{ name: 'broken', plugin: BrokenPlugin }])
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  test.each(coreSignalMoments.map((moment) => [moment.signal.name, moment] as const))(
    'at %s are reported with plugin, signal and subscription, and the request succeeds',
    async (_name, moment) => {
      const { signal, atBuild, look } = moment
      let before = 0
      const { status, sends } = await moment.happen(stage, () => (before = stage.portal.failures.length))
      expect(status[0]).toBe(status[1])

      const failures = stage.portal.failures
        .slice(atBuild === true ? 0 : before)
        .filter((failure) => failure.signal === signal)
      const expected = sends.flatMap(() =>
        DELIVERIES.flatMap((delivery) =>
          Object.keys(MISDEEDS).map((id) => `broken ${signal.name}-${id}-${delivery}`),
        ),
      )
      const reported = failures.map(({ plugin, subscription }) => `${plugin} ${subscription}`)
      expect(reported.toSorted()).toEqual(expected.toSorted())
      expect(failures.filter(({ error }) => !(error instanceof RangeError))).toEqual([])
      // It is stored: what somebody else finds is as it was told.
      if (look !== undefined) {
        for (const [sender, payload] of sends) expect(await look(sender, payload)).toBe(1)
      }
    },
  )
})
