/** The plugin feature_adoption with the real portal and outbox: what is recorded, once, and who is told. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { em, rawDatabase, transaction } from '@aldis/models'
import OutboxPlugin, { Outbox, type OutboxJob } from '@aldis/outbox'
import { Dataset, Organization, Portal, User, type Caller } from '@aldis/portal'
import DatastorePlugin from 'aldis-plugin-datastore'
import FeatureAdoptionPlugin, {
  AdoptedFeature,
  FeatureAdoption,
  featureAdopted,
  featureUsed,
} from 'aldis-plugin-feature-adoption'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi } from './support/portal-caller.ts'
import { runCommand, type CommandOutput } from './support/run-command.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const Made = z.object({ id: z.string() })
const trusted: Caller = { trusted: true }

/** What a durable receiver of first uses does, as a test wishes. */
let onAdopted: (feature: string) => void = () => undefined
const analytics = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap().on(featureAdopted, (feature) => onAdopted(feature), {
      id: 'analytics',
      delivery: 'durable',
    }),
}

describeDatabases('what is used', (database) => {
  let portal: ServedPortal
  let outbox: Outbox
  let adoption: FeatureAdoption
  const as: Record<'ada' | 'root', Caller> = { ada: {}, root: {} }
  let organizations = 0

  beforeAll(async () => {
    const requires = { models: '*', portal: '*' }
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        // Tests deliver when they want it.
        { name: 'outbox', plugin: OutboxPlugin, requires: { models: '*' }, settings: { work: false } },
        { name: 'datastore', plugin: DatastorePlugin, requires },
        { name: 'feature_adoption', plugin: FeatureAdoptionPlugin, requires: { ...requires, outbox: '*' } },
        { name: 'analytics', plugin: analytics, requires: { outbox: '*', feature_adoption: '*' } },
      ],
    })
    outbox = portal.host.resolve(Outbox)
    adoption = portal.host.resolve(FeatureAdoption)
    for (const name of ['ada', 'root'] as const) {
      const sysadmin = name === 'root'
      await call('user_create', { name, email: `${name}@example.org`, password: 'long enough', sysadmin })
      const { id } = await em().findOneOrFail(User, { name })
      as[name] = { actor: { id, name, sysadmin } }
    }
  })
  afterAll(() => portal[Symbol.asyncDispose]())
  beforeEach(async () => {
    onAdopted = () => undefined
    expect(await outbox.drain()).toBe(0)
    await em().nativeDelete(AdoptedFeature, {})
  })

  async function call(action: string, parameters: Record<string, unknown>, caller: Caller = trusted) {
    const result = await portal.host.resolve(Portal).call(action, parameters, caller)
    return result
  }

  /** A fresh organization of `ada` as `role`, of which nothing is recorded. */
  async function organization(role?: 'admin' | 'editor'): Promise<{ id: string; name: string }> {
    const name = `organization-${organizations++}`
    const { id } = Made.parse(await call('organization_create', { name }))
    if (role) await call('organization_member_create', { id, username: 'ada', role })
    await outbox.drain()
    await em().nativeDelete(AdoptedFeature, {})
    return { id, name }
  }

  /** What is recorded once all is delivered: `organization feature user`. */
  async function recorded(): Promise<string[]> {
    expect(await outbox.drain()).toBe(0)
    const all = await adoption.adopted()
    return all
      .map((each) => `${each.organization?.name ?? 'site'} ${each.feature} ${each.user?.name ?? '-'}`)
      .sort()
  }

  test('a feature is recorded once, whoever uses it how often', async () => {
    const { name } = await organization('editor')
    const create = (title: string, caller: Caller): Promise<unknown> =>
      call('package_create', { name: `${name}-${title}`, owner_org: name, private: true }, caller)
    await create('one', as.ada)
    expect(await adoption.adopted()).toEqual([])
    expect(await recorded()).toEqual([`${name} dataset_created ada`, `${name} private_dataset ada`])

    for (const title of ['two', 'three']) await create(title, as.root)
    expect(await recorded()).toEqual([`${name} dataset_created ada`, `${name} private_dataset ada`])

    await call('package_patch', { id: `${name}-one`, private: false }, as.root)
    expect(await recorded()).toEqual([
      `${name} dataset_created ada`,
      `${name} dataset_published root`,
      `${name} dataset_updated root`,
      `${name} private_dataset ada`,
    ])
  })

  test('each organization has its own, and what belongs to none is of the site', async () => {
    const [one, other] = [await organization('editor'), await organization()]
    await call('package_create', { name: `${one.name}-x`, owner_org: one.id }, as.ada)
    await call('package_create', { name: `${other.name}-x`, owner_org: other.id }, as.root)
    await call('package_create', { name: `${one.name}-y` }, as.ada)
    await call('user_create', { name: 'kim', email: 'kim@example.org', password: 'long enough' })

    expect(await recorded()).toEqual([
      `${one.name} dataset_created ada`,
      `${one.name} dataset_published ada`,
      `${other.name} dataset_created root`,
      `${other.name} dataset_published root`,
      'site dataset_created ada',
      'site dataset_published ada',
      'site user_created kim',
    ])
  })

  test('organizations, their members, and tokens of those who are members and who are not', async () => {
    await call('organization_create', { name: 'harbour' }, as.root)
    await call('organization_member_create', { id: 'harbour', username: 'ada', role: 'editor' }, as.root)
    await call('user_create', { name: 'max', email: 'max@example.org', password: 'long enough' })
    await call('api_token_create', { user: 'root', name: 'ci' }, as.root)
    await call('api_token_create', { user: 'max', name: 'ci' }, as.root)

    expect(await recorded()).toEqual([
      'harbour member_added root',
      'harbour organization_created root',
      'harbour token_created root',
      'site token_created root',
      'site user_created max',
    ])
  })

  test('files, their downloads and rows of tables are of the organization of the dataset', async () => {
    const { name } = await organization('editor')
    const made = await call('package_create', { name, owner_org: name }, as.ada)
    const table = { resource: { package_id: fieldOf(made, 'id') }, fields: [{ id: 'a', type: 'text' }] }
    const { resource_id: resource } = z
      .object({ resource_id: z.string() })
      .parse(await call('datastore_create', { ...table, records: [{ a: 'x' }] }, as.ada))
    const { token } = z
      .object({ token: z.string() })
      .parse(await call('api_token_create', { user: 'ada', name }, as.ada))
    const form = new FormData()
    form.set('package_id', name)
    form.set('upload', new Blob(['some text']), 'notes.txt')
    const answer = await fetch(`${portal.url}/api/action/resource_create`, {
      method: 'POST',
      headers: { authorization: token },
      body: form,
    })
    const { url } = z.object({ result: z.object({ url: z.string() }) }).parse(await answer.json()).result
    expect((await recorded()).filter((line) => line.startsWith(name))).toEqual([
      `${name} dataset_created ada`,
      `${name} dataset_published ada`,
      `${name} dataset_updated ada`,
      `${name} file_uploaded ada`,
      `${name} resource_created ada`,
      `${name} rows_written -`,
      `${name} token_created ada`,
    ])

    await (await fetch(portal.url + new URL(url).pathname)).text()
    expect(await recorded()).toContain(`${name} file_downloaded -`)

    // More than a job can hold: the sender goes on, and the use is known.
    await em().nativeDelete(AdoptedFeature, {})
    const records = Array.from({ length: 400 }, () => ({ a: 'long '.repeat(200) }))
    await call('datastore_upsert', { resource_id: resource, method: 'insert', records }, as.ada)
    expect(await recorded()).toEqual([`${name} rows_written -`])
  })

  test('a duplicate delivery changes nothing and tells nobody', async () => {
    const { name } = await organization('editor')
    using adopted = capture(featureAdopted)
    await call('package_create', { name, owner_org: name, private: true }, as.ada)
    const before = await recorded()
    const newest = async (): Promise<OutboxJob | undefined> =>
      (await outbox.list({ subscription: 'dataset_created' }, { limit: 1 }))[0]
    const job = await newest()
    expect(job).toMatchObject({ state: 'delivered' })
    // As when the process dies between the receiver's return and the record of it.
    await rawDatabase().execute(
      `update aldis_jobs.job set state = 'retry', completed_on = null, start_after = now() where id = $1`,
      [job?.id],
    )
    expect(await newest()).toMatchObject({ state: 'waiting' })

    expect(await recorded()).toEqual(before)
    expect(await newest()).toMatchObject({ state: 'delivered', eventId: job?.eventId })
    expect(adopted.sends.map(({ sender }) => sender)).toEqual(['dataset_created', 'private_dataset'])
  })

  test('each first use is told once, in the transaction that records it', async () => {
    const { id, name } = await organization('editor')
    using adopted = capture(featureAdopted)
    const at = new Date('2026-01-02T03:04:05Z')
    const use = { user: as.ada.actor ?? null, at }
    expect(await adoption.bulkRecord(id, ['shop:b', 'shop:a', 'shop:b'], use)).toEqual(['shop:a', 'shop:b'])
    expect(await adoption.bulkRecord(id, ['shop:c', 'shop:a'])).toEqual(['shop:c'])
    expect(await adoption.record(id, 'shop:a')).toBe(false)
    expect(await adoption.record(null, 'shop:a', use)).toBe(true)
    expect(await adoption.record(null, 'shop:a')).toBe(false)

    expect(await recorded()).toEqual([
      `${name} shop:a ada`,
      `${name} shop:b ada`,
      `${name} shop:c -`,
      'site shop:a ada',
    ])
    const user = as.ada.actor?.id
    const since = at.toISOString()
    expect(adopted.sends.map(({ sender, payload }) => [sender, payload])).toMatchObject([
      ['shop:a', { organization: id, user, userIs: 'actor', since }],
      ['shop:b', { organization: id, user, userIs: 'actor', since }],
      ['shop:c', { organization: id, user: 'unknown', userIs: 'unknown' }],
      ['shop:a', { organization: null, user, userIs: 'actor', since }],
    ])
  })

  test('of a user who is not known, the oldest admin of the organization is told', async () => {
    const [owned, ownerless] = [await organization('admin'), await organization()]
    await call('organization_member_create', { id: owned.id, username: 'root', role: 'admin' })
    await recorded()
    await em().nativeDelete(AdoptedFeature, {})
    using adopted = capture(featureAdopted)
    for (const each of [owned.id, ownerless.id, null]) {
      const gone = { id: '00000000-0000-4000-8000-000000000000', name: 'gone' }
      await adoption.record(each, 'shop:a', { user: gone })
      await adoption.record(each, 'shop:b', { user: { id: 'no id', name: 'other' } })
      await adoption.record(each, 'shop:c')
    }

    const told = new Set(
      adopted.sends.map(({ payload }) => `${payload.organization} ${payload.user} ${payload.userIs}`),
    )
    expect(adopted.sends).toHaveLength(9)
    expect([...told]).toEqual([
      `${owned.id} ${as.ada.actor?.id} owner`,
      `${ownerless.id} unknown unknown`,
      'null unknown unknown',
    ])
    expect((await adoption.adopted()).every(({ user }) => user === null)).toBe(true)
  })

  test('of transactions that use the same first at once, one records it and none fails', async () => {
    const { id } = await organization()
    const [begun, undo] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()]
    const undone = transaction(async () => {
      await adoption.record(id, 'shop:m')
      begun.resolve()
      await undo.promise
    })
    await begun.promise
    const features = ['shop:a', 'shop:m', 'shop:z']
    const one = transaction(() => adoption.bulkRecord(id, features))
    const other = transaction(() => adoption.bulkRecord(id, features.toReversed()))
    if (database.name === 'PostgreSQL') {
      await vi.waitFor(
        async () => {
          const waiting =
            'select pid from pg_stat_activity where datname = current_database() and wait_event_type = $1'
          expect((await rawDatabase().execute(waiting, ['Lock'])).rows).toHaveLength(2)
        },
        { timeout: 10_000 },
      )
    }
    undo.reject(new Error('no'))

    await expect(undone).rejects.toThrow('no')
    expect([...(await one), ...(await other)].sort()).toEqual(features)
    expect(await em().count(AdoptedFeature, {})).toBe(3)
  })

  test('what is recorded and who is told of it are one transaction', async () => {
    const heard: string[] = []
    onAdopted = (feature) => heard.push(feature)
    const spoiling = featureAdopted.connect(() => em().execute('select 1 / 0'))
    await call('user_create', { name: 'lea', email: 'lea@example.org', password: 'long enough' })
    expect(await outbox.drain()).toBe(1)
    spoiling.disconnect()
    expect(await adoption.adopted()).toEqual([])
    expect(heard).toEqual([])

    await outbox.retry({ state: 'waiting' })
    expect(await recorded()).toEqual(['site user_created lea'])
    expect(heard).toEqual(['user_created'])
  })

  test('an action that is rolled back records nothing', async () => {
    const { name } = await organization('editor')
    const failing = transaction(async () => {
      await call('package_create', { name: 'ghost', owner_org: name }, as.ada)
      await call('organization_create', { name: 'ghosts' }, as.root)
      await adoption.record(null, 'shop:a')
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    await transaction(async () => {
      await call('package_create', { name: 'kept', owner_org: name }, as.ada)
      const inner = transaction(async () => {
        await call('organization_create', { name: 'undone' }, as.root)
        throw new Error('no')
      })
      await expect(inner).rejects.toThrow('no')
    })

    expect(await recorded()).toEqual([`${name} dataset_created ada`, `${name} dataset_published ada`])
  })

  test('an organization that is deleted by the time of the delivery uses nothing, and its job is done', async () => {
    const { id, name } = await organization('editor')
    const gone = await organization('editor')
    for (const each of [name, gone.name]) {
      await call('package_create', { name: `of-${each}`, owner_org: each }, as.ada)
    }
    expect(await adoption.record(id, 'shop:a')).toBe(true)
    await call('package_delete', { id: `of-${name}` }, as.ada)
    await call('organization_delete', { id: name })
    await transaction(async (manager) => {
      await manager.nativeDelete(Dataset, { organization: gone.id })
      await manager.nativeDelete(Organization, { id: gone.id })
    })

    expect(await recorded()).toEqual([])
    expect(await outbox.stats()).toMatchObject({ waiting: 0, parked: 0 })
    expect(await adoption.record(id, 'shop:b')).toBe(false)
    expect(await adoption.record(gone.id, 'shop:b')).toBe(false)
    // It is there again when the organization is.
    await em().nativeUpdate(Organization, { id }, { state: 'active' })
    expect(await recorded()).toEqual([`${name} shop:a -`])
  })

  test('another plugin sends what it is used for, and whose use that is follows', async () => {
    const { name } = await organization('editor')
    const made = Made.parse(await call('package_create', { name, owner_org: name, private: true }, as.ada))
    await recorded()
    await em().nativeDelete(AdoptedFeature, {})
    const user = as.ada.actor ?? null
    await featureUsed.sendAsync('shop:map', { subject: { kind: 'dataset', id: made.id }, user })
    const nowhere = { kind: 'dataset', id: '00000000-0000-4000-8000-000000000000' } as const
    await featureUsed.sendAsync('shop:lost', { subject: nowhere, user })
    await featureUsed.sendAsync('Not a feature', { subject: { kind: 'site' }, user })

    expect(await recorded()).toEqual([`${name} shop:map ada`])
    expect(await outbox.list({ state: 'parked' })).toMatchObject([
      { subscription: 'feature_used', errorCode: 'DO_NOT_RETRY' },
    ])
    await outbox.discard({ state: 'parked' })
  })

  test.each([
    [null, 'Shop'],
    [null, ''],
    [null, 'a'.repeat(101)],
    [null, 'shop:'],
    ['harbour', 'shop:a'],
  ])('what cannot be recorded is refused: %j %j', async (whose, feature) => {
    await expect(adoption.bulkRecord(whose, ['fine', feature])).rejects.toMatchObject({
      code: 'FEATURE_USE_INVALID',
    })
    expect(await recorded()).toEqual([])
  })

  test('the action tells those who may change the organization, and of all the sysadmins', async () => {
    const { id, name } = await organization('admin')
    await adoption.record(id, 'shop:a', { at: new Date('2026-01-02T03:04:05Z'), user: as.ada.actor ?? null })
    await adoption.record(null, 'shop:a')
    const own = {
      organization_id: id,
      organization_name: name,
      feature: 'shop:a',
      since: '2026-01-02T03:04:05.000000',
      user_id: as.ada.actor?.id,
      user_name: 'ada',
    }
    const list = (parameters: Record<string, unknown>, caller: Caller): Promise<unknown> =>
      call('feature_adoption_list', parameters, caller)

    expect(await list({ id: name }, as.ada)).toEqual([own])
    expect(await list({}, as.root)).toMatchObject([{ organization_id: null, user_id: null }, own])
    await expect(list({}, as.ada)).rejects.toMatchObject({ code: 'PORTAL_NOT_AUTHORIZED' })
    const other = await organization()
    await expect(list({ id: other.name }, as.ada)).rejects.toMatchObject({ code: 'PORTAL_NOT_AUTHORIZED' })
    await expect(list({ id: 'nowhere' }, as.root)).rejects.toMatchObject({ code: 'PORTAL_NOT_FOUND' })
    await expect(list({ id: 7 }, as.root)).rejects.toMatchObject({ code: 'PORTAL_VALIDATION' })
    const anonymous = await callApi(portal.url, 'feature_adoption_list', { id: name })
    expect(anonymous.status).toBe(403)
  })

  test('the command tells of all, or of one organization, as text and as JSON', async () => {
    const { id, name } = await organization()
    const user = as.ada.actor ?? null
    await adoption.record(id, 'shop:a', { at: new Date('2026-01-02T03:04:05Z'), user })
    await adoption.record(null, 'shop:b', { at: new Date('2026-01-03T03:04:05Z') })
    const run = (named?: string, json = false): Promise<CommandOutput> =>
      runCommand(portal.host, 'features', { arguments: { organization: named }, options: { json } })

    expect(await run()).toEqual({
      out: [
        `ORGANIZATION${' '.repeat(name.length - 12)}  FEATURE  SINCE       USER`,
        `${'(site)'.padEnd(name.length)}  shop:b   2026-01-03  -`,
        `${name}  shop:a   2026-01-02  ada`,
        '',
      ].join('\n'),
      err: '\n2 rows of 1 organization and the site.\n',
    })
    for (const named of [id, name]) {
      expect(JSON.parse((await run(named, true)).out)).toEqual({
        $schema: 'https://aldis.dev/schemas/features.v1.json',
        version: 1,
        features: [
          {
            organization: { id, name },
            feature: 'shop:a',
            since: '2026-01-02T03:04:05.000Z',
            user: { id: user?.id, name: 'ada' },
          },
        ],
      })
    }
    expect(await run((await organization()).name)).toEqual({ out: '', err: '\n0 rows of 0 organizations.\n' })
    for (const unknown of ['nowhere', '', 'a\0']) {
      await expect(run(unknown)).rejects.toMatchObject({ code: 'FEATURE_ORGANIZATION_UNKNOWN' })
    }
  })
})
