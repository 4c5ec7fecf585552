/** What actions of plugins can rely on when they call others, and what becomes of what they return. */
import { signals, SubscriptionMap, type ISignal } from '@aldis/core'
import { Dataset, type Action, type IActions } from '@aldis/portal'
import { em } from '@aldis/models'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { callApi, portalCaller } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const heard: string[] = []
const visits = { count: 0 }

/** Reads, and writes while it does. */
class ReadingPlugin implements IActions, ISignal {
  getActions() {
    const reading = { help: 'For tests.', sideEffectFree: true, auth: null }
    const visit: Action = {
      ...reading,
      run: () => {
        visits.count += 1
        return visits
      },
    }
    const makeAnd = (then: () => unknown): Action => ({
      ...reading,
      run: async (context, parameters) => {
        await context.call('package_create', parameters)
        return then()
      },
    })
    return {
      visit,
      make: makeAnd(() => 'made'),
      make_and_fail: makeAnd(() => {
        throw new Error('too late')
      }),
    }
  }

  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(signals.actionSucceed, (name) => void heard.push(name), {
      sender: 'package_create',
    })
  }
}

const caller = portalCaller()
let portal: ServedPortal

beforeAll(async () => {
  portal = await servePortal({ plugins: [caller.definition, { name: 'reading', plugin: ReadingPlugin }] })
})

afterAll(() => portal[Symbol.asyncDispose]())

test('an action that writes has a transaction of its own when one that only reads calls it', async () => {
  expect(await caller.call('make', { name: 'rivers' })).toBe('made')
  expect(await em().count(Dataset, { name: 'rivers' })).toBe(1)
  expect(heard).toEqual(['package_create'])

  await expect(caller.call('make_and_fail', { name: 'lakes' })).rejects.toThrow('too late')
  expect(await em().count(Dataset, { name: 'lakes' })).toBe(1)
})

test('an object that an action returns again is answered as it is then', async () => {
  const answers = [await callApi(portal.url, 'visit'), await callApi(portal.url, 'visit')]
  expect(answers.map(({ result }) => result)).toEqual([{ count: 1 }, { count: 2 }])
})
