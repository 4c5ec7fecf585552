/** What actions of plugins can rely on when they call others, and what becomes of what they return. */
import { signals, SubscriptionMap, type ISignal } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { Dataset, type Action, type IActions } from '@aldis/portal'
import { em } from '@aldis/models'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { PageVisitor } from './support/page-visitor.ts'
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
      echo: { ...reading, run: (_context: unknown, parameters: object) => parameters },
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

test('signals carry nothing that is secret by its name, at any depth', async () => {
  using sent = capture(signals.actionSucceed)
  const secret = {
    access_token: 'x',
    old_password: 'x',
    client_secret: 'x',
    passwd: 'x',
    session_cookie: 'x',
    key: 'x',
  }
  const plain = {
    with_apitoken: true,
    primary_key: 'id',
    tokens: 2,
    extras: [{ key: 'depth', value: '3 m' }],
  }
  await caller.call('echo', { ...secret, ...plain, deep: [{ ...secret, ...plain }] })
  const carried = { ...plain, deep: [plain] }
  expect(sent.sends).toMatchObject([{ sender: 'echo' }])
  expect(sent.sends[0]?.payload).toMatchObject({ dataDict: carried, result: carried })
  expect(JSON.stringify(sent.sends[0]?.payload)).not.toContain('"x"')
})

test("the token of a page's form is no parameter of the action that the page calls", async () => {
  const visitor = new PageVisitor(portal.url)
  await visitor.register('ann')
  const { text } = await visitor.get('/dataset/new')
  const [, token = ''] = /name="_csrf"\s+value="([^"]+)"/.exec(text) ?? []
  using sent = capture(signals.actionSucceed)
  await visitor.post('/api/action/package_create', { name: 'seas', _csrf: token })
  const answer = await visitor.post('/api/action/resource_create', {
    package_id: 'seas',
    url: 'https://seas.example',
    _csrf: token,
  })
  expect(answer).toMatchObject({ status: 200 })
  expect(token).not.toBe('')
  expect(answer.text + JSON.stringify(sent.sends.map(({ payload }) => payload))).not.toContain(token)
})
