/** The plugin activity with the real portal: what is written down, what not, and who is shown it. */
import { signals, type Injected } from '@aldis/core'
import { em, preSave, transaction } from '@aldis/models'
import { NotAuthorizedError, Portal, User, type Caller } from '@aldis/portal'
import ActivityPlugin, { Activity } from 'aldis-plugin-activity'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** Equal to any value there is. */
const anything: unknown = expect.anything()

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

const Shown = z.array(z.object({ activity_type: z.string(), object_title: z.string() }))

let offered: Portal | undefined

/** Takes what the portal offers plugins. */
class CallerPlugin {
  static readonly inject = [Portal] as const
  constructor(...[portal]: Injected<typeof CallerPlugin.inject>) {
    offered = portal
  }
}

describeDatabases('the stream of activities', (database) => {
  let portal: ServedPortal
  const as: Record<'ada' | 'eve' | 'root', Caller> = { ada: {}, eve: {}, root: {} }

  beforeAll(async () => {
    const requires = { models: '*', portal: '*' }
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        { name: 'activity', plugin: ActivityPlugin, requires },
        { name: 'caller', plugin: CallerPlugin, requires },
      ],
    })
    for (const name of ['ada', 'eve', 'root'] as const) {
      const sysadmin = name === 'root'
      await call('user_create', { name, email: `${name}@example.org`, password: 'long enough', sysadmin })
      const { id } = await em().findOneOrFail(User, { name })
      as[name] = { actor: { id, name, sysadmin } }
    }
  })
  afterAll(() => portal[Symbol.asyncDispose]())
  beforeEach(async () => void (await em().nativeDelete(Activity, {})))

  async function call(
    action: string,
    parameters: Record<string, unknown>,
    caller: Caller = { trusted: true },
  ) {
    const result = await offered?.call(action, parameters, caller)
    return result
  }

  /** What is written down, the oldest first: who, did what, to what. */
  async function written(): Promise<string[]> {
    const rows = await em().find(Activity, {}, { orderBy: { id: 'asc' } })
    return rows.map(({ actorName, verb, subjectTitle }) => `${actorName ?? 'nobody'} ${verb} ${subjectTitle}`)
  }

  async function listed(
    action: string,
    parameters: Record<string, unknown>,
    caller: Caller,
  ): Promise<string[]> {
    const activities = await call(action, parameters, caller)
    return Shown.parse(activities).map(({ activity_type: verb, object_title: title }) => `${verb} ${title}`)
  }

  test('a dataset is made and published, changed, and deleted; what changes nothing is nothing', async () => {
    await call('package_create', { name: 'rivers', title: 'Rivers' }, as.ada)
    await call('package_patch', { id: 'rivers', notes: 'All of them' }, as.ada)
    await call('package_patch', { id: 'rivers', notes: 'All of them' }, as.ada)
    await call('package_delete', { id: 'rivers' }, as.ada)

    expect(await written()).toEqual([
      'ada dataset_created Rivers',
      'ada dataset_published Rivers',
      'ada dataset_updated Rivers',
      'ada dataset_deleted Rivers',
    ])
  })

  test('an update that publishes is two that read well', async () => {
    await call('package_create', { name: 'lakes', state: 'draft' }, as.root)
    await call('package_patch', { id: 'lakes', title: 'Lakes', state: 'active' }, as.root)

    expect(await written()).toEqual([
      'root dataset_created lakes',
      'root dataset_updated Lakes',
      'root dataset_published Lakes',
    ])
  })

  test('resources tell of themselves, and go with their dataset without a word', async () => {
    await call('package_create', { name: 'wells' }, as.ada)
    const made = await call(
      'resource_create',
      { package_id: 'wells', name: 'depths.csv', url: 'https://example.org/depths.csv' },
      as.ada,
    )
    const { id } = z.object({ id: z.string() }).parse(made)
    await call(
      'resource_create',
      { package_id: 'wells', name: 'map', url: 'https://example.org/map' },
      as.eve,
    ).catch(() => undefined)
    await call('resource_patch', { id, description: 'In metres' }, as.ada)
    await call('resource_delete', { id }, as.ada)
    await call(
      'resource_create',
      { package_id: 'wells', name: 'last', url: 'https://example.org/last' },
      as.ada,
    )
    await call('package_delete', { id: 'wells' }, as.ada)

    expect(await written()).toEqual([
      'ada dataset_created wells',
      'ada dataset_published wells',
      'ada resource_created depths.csv',
      'ada resource_updated depths.csv',
      'ada resource_deleted depths.csv',
      'ada resource_created last',
      'ada dataset_deleted wells',
    ])
  })

  test('organizations and their members', async () => {
    await call('organization_create', { name: 'port', title: 'Port authority' }, as.root)
    await call('organization_patch', { id: 'port', description: 'Ships' }, as.root)
    await call('organization_member_create', { id: 'port', username: 'eve', role: 'editor' }, as.root)
    await call('organization_member_delete', { id: 'port', username: 'eve' }, as.root)
    await call('organization_delete', { id: 'port' }, as.root)

    expect(await written()).toEqual([
      'root organization_created Port authority',
      'root organization_updated Port authority',
      'root member_added Port authority',
      'root member_removed Port authority',
      'root organization_deleted Port authority',
    ])
    expect(await em().findOne(Activity, { verb: 'member_added' })).toMatchObject({
      data: { user: 'eve', role: 'editor' },
    })
  })

  test('users and tokens, and nothing that is secret', async () => {
    const account = {
      name: 'kim',
      email: 'kim@example.org',
      password: 'a secret of kim',
      with_apitoken: true,
    }
    const made = z.object({ token: z.string() }).parse(await call('user_create', account))
    await call('api_token_create', { user: 'ada', name: 'ci' }, as.ada)

    expect(await written()).toEqual([
      'kim user_created kim',
      'nobody token_created kim',
      'ada token_created ada',
    ])
    const all = JSON.stringify(
      await em().getKysely<{ activities: object }>().selectFrom('activities').selectAll().execute(),
    )
    expect(all).toContain('"ci"')
    expect(all).not.toContain(made.token)
    expect(all).not.toContain('a secret of kim')
  })

  test('who resets a password is noted, and nothing of it', async () => {
    const { id, name } = await em().findOneOrFail(User, { name: 'ada' })
    await transaction(() => signals.performPasswordReset.sendAsync(name, { user: { id, name } }))

    expect(await written()).toEqual(['ada password_reset ada'])
  })

  test('rows of the datastore: who wrote them is known from the action, and a transaction counts as one', async () => {
    const made = await call('package_create', {
      name: 'tides',
      resources: [{ name: 't.csv', url: 'https://example.org/t' }],
    })
    const resource = z.object({ resources: z.tuple([z.object({ id: z.string() })]) }).parse(made)
      .resources[0].id
    await em().nativeDelete(Activity, {})
    const { id, name } = await em().findOneOrFail(User, { name: 'eve' })
    const rows = { method: 'upsert' as const, records: [{ secret: 'x' }], count: 3 }
    await transaction(async () => {
      await signals.datastoreUpsert.sendAsync(resource, rows)
      await signals.datastoreUpsert.sendAsync(resource, rows)
      const succeeded = { actor: { id, name }, dataDict: {}, result: null, changed: [] }
      await signals.actionSucceed.sendAsync('datastore_upsert', succeeded)
    })
    const gone = { filters: null, deletedCount: 6, tableDropped: true }
    await signals.datastoreDelete.sendAsync(resource, { reason: 'datastore_delete', ...gone })
    await signals.datastoreDelete.sendAsync(resource, { reason: 'resource_delete', ...gone })

    expect(await written()).toEqual(['eve datastore_written t.csv', 'nobody datastore_deleted t.csv'])
    expect(await em().find(Activity, {}, { orderBy: { id: 'asc' } })).toMatchObject([
      { data: { method: 'upsert', rows: 6 } },
      { data: { rows: 6, tableDropped: true } },
    ])
  })

  test('what rolls back, whole or to a savepoint, was never there', async () => {
    const failing = transaction(async () => {
      await call('package_create', { name: 'ghost' }, as.ada)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(await written()).toEqual([])

    await transaction(async () => {
      await call('organization_create', { name: 'kept' }, as.root)
      const inner = transaction(async () => {
        await call('organization_create', { name: 'undone' }, as.root)
        throw new Error('no')
      })
      await expect(inner).rejects.toThrow('no')
    })
    expect(await written()).toEqual(['root organization_created kept'])
  })

  test('an activity that cannot be written breaks nothing, and the log says so', async () => {
    const failing = preSave.connect(
      () => {
        throw new Error('no room')
      },
      { sender: Activity },
    )
    await call('package_create', { name: 'still-there' }, as.ada)
    failing.disconnect()

    expect(await call('package_show', { id: 'still-there' })).toMatchObject({ name: 'still-there' })
    expect(await written()).toEqual([])
    expect(portal.logger.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'activities were not written down: no room',
      }),
    )
  })

  test('an activity that the database refuses breaks nothing', async () => {
    const stranger = { id: '00000000-0000-4000-8000-000000000000', name: 'stranger' }
    await transaction(async (manager) => {
      await signals.userCreated.sendAsync('stranger', { user: stranger })
      manager.create(User, { name: 'max', email: 'max@example.org' })
    })

    expect(await em().count(User, { name: 'max' })).toBe(1)
    expect(await written()).toEqual([])
  })

  test('a page of a list is asked for by limit, offset and before', async () => {
    for (const name of ['one', 'two', 'three'])
      await call('organization_create', { name: `o-${name}` }, as.root)
    const list = (page: object): Promise<string[]> =>
      listed('user_activity_list', { id: 'root', ...page }, {})
    const [newest] = await em().find(Activity, {}, { orderBy: { id: 'desc' }, limit: 1 })

    expect(await list({})).toEqual(
      ['o-three', 'o-two', 'o-one'].map((name) => `organization_created ${name}`),
    )
    expect(await list({ limit: 1, offset: '1' })).toEqual(['organization_created o-two'])
    expect(await list({ limit: 1, before: newest?.id })).toEqual(['organization_created o-two'])
    expect(await list({ offset: 3 })).toEqual([])
  })

  test.each([
    { limit: 0 },
    { limit: 101 },
    { limit: 'x' },
    { limit: null },
    { offset: -1 },
    { before: '2026-01-01' },
    { before: 1.5 },
  ])('a page %j is refused with the parameter named', async (page) => {
    const [field = ''] = Object.keys(page)
    await expect(call('recently_changed_packages_activity_list', page)).rejects.toMatchObject({
      problems: { [field]: [matching(/^Must be /)] },
    })
  })

  test.each([{}, { id: '' }, { id: ['x'] }, { id: 'no\0such' }])(
    'a dataset %j is refused',
    async (parameters) => {
      await expect(call('package_activity_list', parameters)).rejects.toMatchObject({
        problems: { id: anything },
      })
    },
  )

  test('what is not there is not found', async () => {
    await expect(call('package_activity_list', { id: 'nowhere' }, as.ada)).rejects.toThrow('Not found')
    await expect(call('package_activity_list', { id: 'nowhere' })).rejects.toThrow('Not found')
    await expect(call('user_activity_list', { id: 'nobody' })).rejects.toThrow('Not found')
  })

  test('strangers are shown nothing of a private dataset, members and sysadmins are', async () => {
    await call('organization_create', { name: 'harbour' }, as.root)
    await call('organization_member_create', { id: 'harbour', username: 'ada', role: 'editor' }, as.root)
    await call(
      'package_create',
      { name: 'secret', title: 'Secret', owner_org: 'harbour', private: true },
      as.ada,
    )
    await call('package_create', { name: 'open', title: 'Open' }, as.ada)
    const recent = (caller: Caller) => listed('recently_changed_packages_activity_list', {}, caller)
    const open = ['dataset_published Open', 'dataset_created Open']
    const all = [...open, 'dataset_created Secret']

    expect(await recent({})).toEqual(open)
    expect(await recent(as.eve)).toEqual(open)
    expect(await recent(as.ada)).toEqual(all)
    expect(await recent(as.root)).toEqual(all)
    for (const caller of [{}, as.eve]) {
      expect(await listed('user_activity_list', { id: 'ada' }, caller)).toEqual(open)
      await expect(call('package_activity_list', { id: 'secret' }, caller)).rejects.toBeInstanceOf(
        NotAuthorizedError,
      )
    }
    expect(await listed('user_activity_list', { id: 'ada' }, as.root)).toEqual(all)
    expect(await listed('package_activity_list', { id: 'secret' }, as.ada)).toEqual([
      'dataset_created Secret',
    ])
  })

  test('what is between a user and the portal is shown to that user and to sysadmins', async () => {
    await call('api_token_create', { user: 'ada', name: 'laptop' }, as.ada)
    const list = (caller: Caller): Promise<string[]> => listed('user_activity_list', { id: 'ada' }, caller)

    expect(await list({})).toEqual([])
    expect(await list(as.eve)).toEqual([])
    expect(await list(as.ada)).toEqual(['token_created ada'])
    expect(await list(as.root)).toEqual(['token_created ada'])
  })

  test('a name outlives the user, and what is about a dataset goes with its row', async () => {
    await call('organization_create', { name: 'by-max' }, as.root)
    await transaction((manager) => manager.create(User, { name: 'mo', email: 'mo@example.org' }))
    const { id, name } = await em().findOneOrFail(User, { name: 'mo' })
    await transaction(() => signals.userCreated.sendAsync(name, { user: { id, name } }))
    await transaction((manager) => manager.nativeDelete(User, { id }))

    expect(await em().findOne(Activity, { verb: 'user_created' })).toMatchObject({
      actor: null,
      actorName: 'mo',
    })
  })

  test('over HTTP', async () => {
    await call('package_create', { name: 'wells-2', title: 'Wells <2>' }, as.ada)
    const answer = await fetch(`${portal.url}/api/3/action/package_activity_list?id=wells-2&limit=1`)

    expect(await answer.json()).toMatchObject({
      success: true,
      result: [
        {
          id: anything,
          timestamp: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
          user_id: as.ada.actor?.id,
          user_name: 'ada',
          activity_type: 'dataset_published',
          object_type: 'dataset',
          object_title: 'Wells <2>',
          package: { name: 'wells-2', title: 'Wells <2>' },
          data: {},
        },
      ],
    })
  })

  test('on the pages of datasets and users, escaped and with the moment', async () => {
    await call('package_create', { name: 'marked', title: '<b>Marked</b>' }, as.ada)
    await call('api_token_create', { user: 'ada', name: 'tablet' }, as.ada)
    for (const path of ['/dataset/marked', '/user/ada']) {
      const page = await (await fetch(portal.url + path, { headers: { accept: 'text/html' } })).text()
      const [section = ''] = /<section aria-labelledby="activity">[^]*?<\/section>/.exec(page) ?? []

      expect(section).toMatch(/<time datetime="\d{4}-[^"]+Z">/)
      expect(section).toContain(
        'published the dataset <a href="/dataset/marked">&lt;b&gt;Marked&lt;/b&gt;</a>',
      )
      expect(page).not.toContain('tablet')
    }
  })
})
