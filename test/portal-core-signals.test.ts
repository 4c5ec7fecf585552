/** Each core signal at its honest moment: once, by the right sender, after the commit, without secrets, never on rollback. */
import { signals, SubscriptionMap, type Subscription } from '@aldis/core'
import { afterCommit, em, NoTransactionError } from '@aldis/models'
import {
  actionFailed,
  chained,
  Dataset,
  datasetCreated,
  User,
  type Action,
  type IActions,
} from '@aldis/portal'
import type { AnySignal } from '@aldis/signals'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { coreSignalMoments, coreSignalStage, type Moment, type Stage } from './support/core-signal-moments.ts'
import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { PageVisitor } from './support/page-visitor.ts'
import { callApi } from './support/portal-caller.ts'

interface Heard {
  readonly signal: AnySignal
  readonly sender: unknown
  readonly payload: unknown
  readonly inTransaction: boolean
  /** What was found in the database, where there is something to look for. */
  readonly found: number | undefined
}

const heard: { ordinary: Heard[]; inline: Heard[] } = { ordinary: [], inline: [] }

function inTransaction(): boolean {
  try {
    afterCommit(() => undefined)
    return true
  } catch (error) {
    if (error instanceof NoTransactionError) return false
    throw error
  }
}

/** Hears every core signal in both ways, and looks for what it is told of through an entity manager of its own. */
class ListeningPlugin {
  getSignalSubscriptions(): SubscriptionMap {
    const others: Pick<Moment, 'signal' | 'look'>[] = [{ signal: actionFailed }, { signal: datasetCreated }]
    const map = new SubscriptionMap()
    for (const moment of [...coreSignalMoments, ...others]) map.set(moment.signal, subscriptions(moment))
    return map
  }
}

function subscriptions({ signal, look }: Pick<Moment, 'signal' | 'look'>): Subscription[] {
  const note = (list: Heard[]) => async (sender: unknown, payload: unknown) => {
    const found = await look?.(sender, payload)
    list.push({ signal, sender, payload, inTransaction: inTransaction(), found })
  }
  return [
    { receiver: note(heard.ordinary), id: `${signal.name}-ordinary` },
    { receiver: note(heard.inline), id: `${signal.name}-inline`, delivery: 'inline' },
  ]
}

const REFUSED = 'refused-by-a-plugin'

/** Lets actions do their work, and then has second thoughts about some. */
class RefusingPlugin implements IActions {
  getActions() {
    const refusing = chained<Action>((original) => ({
      ...original,
      run: async (context, parameters) => {
        const result = await original.run(context, parameters)
        if (JSON.stringify(parameters).includes(REFUSED)) throw new Error('second thoughts')
        return result
      },
    }))
    return { user_create: refusing, package_create: refusing, datastore_upsert: refusing }
  }
}

describeDatabases('core signals', (database) => {
  let stage: Stage

  beforeAll(async () => {
    heard.ordinary.length = 0
    heard.inline.length = 0
    stage = await coreSignalStage(database, [
      { name: 'listening', plugin: ListeningPlugin },
      { name: 'refusing', plugin: RefusingPlugin, after: ['datastore'] },
    ])
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  const of = (list: readonly Heard[], signal: AnySignal): Heard[] =>
    list.filter((send) => send.signal === signal)
  const sendersOf = (list: readonly Heard[], signal: AnySignal): unknown[] =>
    of(list, signal).map(({ sender }) => sender)

  /** Forget what was heard so far. */
  const listen = (): void => {
    heard.ordinary.length = 0
    heard.inline.length = 0
  }

  test.each(coreSignalMoments.map((moment) => [moment.signal.name, moment] as const))(
    '%s is sent once, by its sender, with a payload without secrets, and what it tells of is there',
    async (_name, moment) => {
      const { signal } = moment
      const { status, sends } = await moment.happen(stage, listen)
      expect(status[0]).toBe(status[1])

      const found = moment.look === undefined ? undefined : 1
      const expected = sends.map(([sender, payload]) => ({ signal, sender, payload, found }))
      expect(of(heard.ordinary, signal)).toMatchObject(expected)
      expect(of(heard.inline, signal)).toMatchObject(expected)
      expect(of(heard.ordinary, signal).map((send) => send.inTransaction)).not.toContain(true)
      expect(heard.inline).toHaveLength(heard.ordinary.length)
      const told = inspect(heard.ordinary, { depth: 10 })
      expect([...stage.secrets].filter((secret) => told.includes(secret))).toEqual([])
    },
  )

  describe('inside the transaction', () => {
    test.each(
      [
        signals.userCreated,
        signals.performPasswordReset,
        signals.actionSucceed,
        signals.datastoreUpsert,
        signals.datastoreDelete,
      ].map((signal) => [signal.name, signal] as const),
    )('%s is heard inline', async (name, signal) => {
      await coreSignalMoments.find((moment) => moment.signal.name === name)?.happen(stage, listen)
      expect(of(heard.inline, signal)).toMatchObject([{ inTransaction: true }])
    })
  })

  describe('a transaction that is undone', () => {
    test.each([
      [
        'a user',
        'user_create',
        () => ({ name: 'undone', email: 'undone@example.org', password: 'long enough', about: REFUSED }),
        signals.userCreated,
        () => em().count(User, { name: 'undone' }),
      ],
      [
        'a dataset',
        'package_create',
        () => ({ name: 'undone', notes: REFUSED }),
        datasetCreated,
        () => em().count(Dataset, { name: 'undone' }),
      ],
    ] as const)('is not heard of: %s', async (_what, action, parameters, signal, count) => {
      listen()
      expect(await stage.ask(action, parameters())).toMatchObject({
        status: 500,
        success: false,
        error: { __type: 'Internal Server Error', message: 'Internal Server Error' },
      })

      expect(of(heard.inline, signal)).toHaveLength(1)
      expect(of(heard.ordinary, signal)).toEqual([])
      expect(of(heard.ordinary, signals.actionSucceed)).toEqual([])
      expect(sendersOf(heard.ordinary, actionFailed)).toEqual([action])
      expect(await count()).toBe(0)
    })

    test('is not heard of: rows', async () => {
      const id = await stage.table()
      listen()
      const records = [{ a: 3, b: REFUSED }]
      const { status } = await stage.ask('datastore_upsert', { resource_id: id, method: 'insert', records })

      expect(status).toBe(500)
      expect(of(heard.inline, signals.datastoreUpsert)).toHaveLength(1)
      expect(of(heard.ordinary, signals.datastoreUpsert)).toEqual([])
      expect(sendersOf(heard.ordinary, actionFailed)).toEqual(['datastore_upsert'])
      const { result } = await stage.ask('datastore_search', { resource_id: id })
      expect(fieldOf(result, 'total')).toBe(2)
    })
  })

  describe('action_succeed', () => {
    const actionsOf = (): unknown[] => sendersOf(heard.ordinary, signals.actionSucceed)

    test('is sent for reads, by GET and by POST', async () => {
      await stage.ask('package_create', { name: 'read' })
      listen()
      await fetch(`${stage.portal.url}/api/action/package_show?id=read`)
      await stage.ask('package_list', {})
      expect(actionsOf()).toEqual(['package_show', 'package_list'])
    })

    test('is sent by inner actions before the outer', async () => {
      await stage.ask('package_create', { name: 'nested' })
      listen()
      await stage.ask('resource_create', { package_id: 'nested', url: 'https://example.org/x.csv' })
      expect(actionsOf()).toEqual([
        'package_show',
        'package_owner_org_update',
        'package_update',
        'resource_create',
      ])
    })

    test.each([
      ['what is wrong', 'package_create', { name: '!' }, 409, 'Validation Error'],
      ['what is not there', 'package_show', { id: 'nowhere' }, 404, 'Not Found Error'],
      [
        'what fails inside',
        'resource_create',
        { package_id: 'nested', url: 'x', name: ['y'] },
        409,
        'Validation Error',
      ],
    ] as const)(
      'is not sent for %s: action_failed is, once, by the outer action',
      async (_what, action, parameters, status, type) => {
        listen()
        expect(await stage.ask(action, parameters)).toMatchObject({ status, error: { __type: type } })
        expect(actionsOf()).toEqual([])
        expect(of(heard.ordinary, actionFailed)).toMatchObject([
          { sender: action, payload: { actor: { name: 'root' }, dataDict: parameters, error: { type } } },
        ])
      },
    )

    test('is not sent for what nobody may do', async () => {
      listen()
      expect(await callApi(stage.portal.url, 'package_create', { name: 'anonymous' })).toMatchObject({
        status: 403,
      })
      expect(actionsOf()).toEqual([])
      expect(of(heard.ordinary, actionFailed)).toMatchObject([
        { sender: 'package_create', payload: { actor: null, error: { type: 'Authorization Error' } } },
      ])
    })
  })

  describe('resource_download', () => {
    const download = async (url: string, init: RequestInit = {}): Promise<[number, number]> => {
      listen()
      const { status } = await fetch(url, { redirect: 'manual', ...init })
      return [status, of(heard.ordinary, signals.resourceDownload).length]
    }

    test('is sent for uploads, and neither for HEAD, links, nor what cannot be had', async () => {
      const { id, url } = await stage.upload()
      expect(await download(url)).toEqual([200, 1])
      expect(await download(url, { method: 'HEAD' })).toEqual([200, 0])
      expect(await download(url.replace(id, crypto.randomUUID()))).toEqual([404, 0])
      expect(await download((await stage.upload(true)).url)).toEqual([403, 0])
      await stage.ask('package_create', { name: 'linked' })
      const link = await stage.ask('resource_create', { package_id: 'linked', url: 'https://example.org/x' })
      const path = `/dataset/linked/resource/${String(fieldOf(link.result, 'id'))}/download`
      expect(await download(stage.portal.url + path)).toEqual([302, 0])
    })
  })

  describe('logging out', () => {
    const logOut = async (headers: Record<string, string>): Promise<number> => {
      listen()
      await new PageVisitor(stage.portal.url).get('/user/_logout', headers)
      return of(heard.ordinary, signals.loggedOut).length
    }

    test('is told of who comes with a token, and of nobody who is anonymous (S07)', async () => {
      const token = await stage.caller.userWithToken({ name: 'leaver' })
      expect(await logOut({})).toBe(0)
      expect(await logOut({ authorization: token })).toBe(1)
    })
  })

  describe('the datastore', () => {
    test('is silent on a dry run, and tells of tables that go with their resource', async () => {
      const id = await stage.table()
      listen()
      const records = [{ a: 9, b: 'n' }]
      await stage.ask('datastore_upsert', { resource_id: id, method: 'insert', records, dry_run: true })
      expect(of(heard.inline, signals.datastoreUpsert)).toEqual([])

      expect(await stage.ask('resource_delete', { id })).toMatchObject({ status: 200 })
      expect(of(heard.inline, signals.datastoreDelete)).toMatchObject([
        { sender: id, payload: { reason: 'resource_delete', tableDropped: true, deletedCount: 2 } },
      ])
    })
  })
})
