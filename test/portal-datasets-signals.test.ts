/** What is sent when datasets and resources are written: once, in order, inside the transaction. */
import { signals, SubscriptionMap } from '@aldis/core'
import {
  actionFailed,
  datasetCreated,
  datasetDeleted,
  datasetPublished,
  datasetUpdated,
  PackageController,
  ResourceController,
  resourceCreated,
  resourceDeleted,
  resourceUpdated,
  ValidationError,
  type Action,
  type ActionContext,
  type DatasetDict,
  type ResourceDict,
} from '@aldis/portal'
import { load } from '@aldis/models'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { callWithFile } from './support/portal-upload.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const DATASET_SIGNALS = [datasetCreated, datasetUpdated, datasetDeleted, datasetPublished]
const RESOURCE_SIGNALS = [resourceCreated, resourceUpdated, resourceDeleted]

/** What a plugin heard after commits, what was heard inside transactions, and what hooks were called. */
const heard = {
  committed: [] as string[],
  inside: [] as string[],
  actions: [] as string[],
  hooks: [] as string[],
}

/** The dataset that hooks refuse. */
const REFUSED = 'refused-by-a-plugin'

class ListeningPlugin {
  getSignalSubscriptions(): SubscriptionMap {
    const map = new SubscriptionMap()
    for (const signal of DATASET_SIGNALS) {
      map.on(
        signal,
        (_id, { name, actor }) => void heard.committed.push(`${signal.name} ${name} ${actor?.name}`),
        {
          id: signal.name,
        },
      )
    }
    for (const signal of RESOURCE_SIGNALS) {
      map.on(
        signal,
        (_id, { name, contentChanged }) =>
          void heard.committed.push(`${signal.name} ${name} ${contentChanged}`),
        { id: signal.name },
      )
    }
    return map
  }
}

class HookingPlugin extends PackageController {
  override afterDatasetCreate(_context: ActionContext, { name }: DatasetDict): void {
    heard.hooks.push(`create ${String(name)}`)
    if (name === REFUSED) throw new ValidationError({ name: ['Not that'] })
  }
  override afterDatasetUpdate(_context: ActionContext, { notes }: DatasetDict): void {
    heard.hooks.push(`update ${String(notes)}`)
    if (notes === REFUSED) throw new Error('no such luck')
  }
  override afterDatasetDelete(_context: ActionContext, { state }: DatasetDict): void {
    heard.hooks.push(`delete ${String(state)}`)
  }
  override afterDatasetShow(_context: ActionContext, dataset: DatasetDict): DatasetDict {
    return { ...dataset, shown: 'by the first' }
  }
  getActions(): Record<string, Action> {
    return {
      create_and_fail: {
        help: 'Create a dataset, and refuse that.',
        run: async (context, parameters) => {
          await context.call('package_create', parameters)
          throw new ValidationError({ name: ['Not that either'] })
        },
        auth: null,
      },
    }
  }
}

class LaterPlugin extends PackageController {
  override afterDatasetShow(_context: ActionContext, dataset: DatasetDict): DatasetDict {
    return { ...dataset, shown: `${String(dataset['shown'])}, then by the second` }
  }
}

class SecondPlugin extends ResourceController {
  override beforeResourceCreate(_context: ActionContext, resource: ResourceDict): void {
    resource['description'] = 'From a hook'
  }
  override beforeResourceUpdate(
    _context: ActionContext,
    current: ResourceDict,
    resource: ResourceDict,
  ): void {
    heard.hooks.push(`resource ${String(current['name'])} becomes ${String(resource['name'])}`)
  }
  override afterResourceDelete(_context: ActionContext, resources: readonly ResourceDict[]): void {
    heard.hooks.push(`resources left ${resources.length}`)
  }
  override beforeResourceShow(resource: ResourceDict): ResourceDict {
    return { ...resource, seen: true }
  }
}

describeDatabases('signals of datasets', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  let token = ''

  beforeAll(async () => {
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        { name: 'hooking', plugin: HookingPlugin },
        { name: 'later', plugin: LaterPlugin },
        { name: 'second', plugin: SecondPlugin },
        { name: 'listening', plugin: ListeningPlugin },
        caller.definition,
      ],
    })
    token = await caller.userWithToken({ name: 'ann' })
  })

  beforeEach(() => {
    for (const list of Object.values(heard)) list.length = 0
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (action: string, parameters: object): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  test('each write of a dataset is told once, with who did it', async () => {
    await ask('package_create', { name: 'draft', state: 'draft' })
    expect(heard.committed).toEqual(['dataset_created draft ann'])
    await ask('package_patch', { id: 'draft', state: 'active' })
    expect(heard.committed.slice(1)).toEqual(['dataset_updated draft ann', 'dataset_published draft ann'])
    await ask('package_patch', { id: 'draft', notes: 'Some' })
    expect(heard.committed.slice(3)).toEqual(['dataset_updated draft ann'])
    await ask('package_patch', { id: 'draft', notes: 'Some' })
    expect(heard.committed.slice(4)).toEqual([])
    await ask('package_delete', { id: 'draft' })
    expect(heard.committed.slice(4)).toEqual(['dataset_deleted draft ann'])

    heard.committed.length = 0
    const made = await ask('package_create', { name: 'ready' })
    expect(heard.committed).toEqual(['dataset_created ready ann', 'dataset_published ready ann'])
    await ask('package_delete', { id: fieldOf(made.result, 'id') })
    await ask('package_delete', { id: fieldOf(made.result, 'id') })
    expect(heard.committed.slice(2)).toEqual(['dataset_deleted ready ann'])
  })

  test('each write of a resource is told once, by its own action or with its dataset', async () => {
    await ask('package_create', {
      name: 'filled',
      resources: [
        { url: 'a', name: 'a' },
        { url: 'b', name: 'b' },
      ],
    })
    expect(heard.committed).toEqual([
      'dataset_created filled ann',
      'dataset_published filled ann',
      'resource_created a true',
      'resource_created b true',
    ])
    heard.committed.length = 0

    const file = { content: 'x', name: 'c.csv' }
    const made = await callWithFile(
      portal.url,
      'resource_create',
      { package_id: 'filled', name: 'c' },
      file,
      token,
    )
    const id = fieldOf(made.result, 'id')
    expect(heard.committed).toEqual(['dataset_updated filled ann', 'resource_created c true'])
    heard.committed.length = 0

    await ask('resource_patch', { id, name: 'd' })
    await ask('resource_patch', { id, name: 'd' })
    expect(heard.committed).toEqual(['dataset_updated filled ann', 'resource_updated d false'])
    heard.committed.length = 0

    await ask('resource_patch', { id, url: 'https://example.org/d' })
    expect(heard.committed).toEqual(['dataset_updated filled ann', 'resource_updated d true'])
    heard.committed.length = 0

    await ask('resource_delete', { id })
    expect(heard.committed).toEqual(['dataset_updated filled ann', 'resource_deleted d false'])
    heard.committed.length = 0

    await ask('package_delete', { id: 'filled' })
    expect(heard.committed).toEqual([
      'dataset_deleted filled ann',
      'resource_deleted a false',
      'resource_deleted b false',
    ])
  })

  test('action_succeed is told in the order of CKAN, inner actions first, with what changed', async () => {
    const changed: unknown[] = []
    using _heard = signals.actionSucceed.connectedTo((name, payload) => {
      heard.actions.push(name)
      changed.push(payload.changed)
    })
    const created = await ask('package_create', { name: 'ordered' })
    const id = fieldOf(created.result, 'id')
    expect(heard.actions).toEqual(['package_owner_org_update', 'package_create'])
    expect(changed).toEqual([[], [id]])

    const expected: [string, object, string[]][] = [
      [
        'resource_create',
        { package_id: 'ordered', url: 'a' },
        ['package_show', 'package_owner_org_update', 'package_update'],
      ],
      ['package_update', { id, name: 'ordered' }, ['package_owner_org_update']],
      ['package_patch', { id, notes: 'x' }, ['package_show', 'package_owner_org_update', 'package_update']],
      ['package_patch', { id, notes: 'x' }, ['package_show', 'package_update']],
      ['package_delete', { id }, []],
    ]
    for (const [action, parameters, inner] of expected) {
      heard.actions.length = 0
      changed.length = 0
      expect(
        (await ask(action, { ...parameters, ...(action === 'package_update' && { notes: 'n' }) })).status,
      ).toBe(200)
      expect(heard.actions).toEqual([...inner, action])
      expect(changed.at(-1)).toEqual(inner.length === 2 && action === 'package_patch' ? [] : [id])
    }
  })

  test('nothing is told after commit of what a plugin refuses, and nothing of it stays', async () => {
    using _inside = datasetCreated.connectedTo((_id, { name }) => void heard.inside.push(name))
    const failures: unknown[] = []
    using _failed = actionFailed.connectedTo((name, { error }) => void failures.push([name, error.type]))

    expect(await ask('package_create', { name: REFUSED })).toMatchObject({
      status: 409,
      error: { name: ['Not that'] },
    })
    await ask('package_create', { name: 'accepted' })
    expect(await ask('package_patch', { id: 'accepted', notes: REFUSED })).toMatchObject({ status: 500 })

    expect(heard.committed).toEqual(['dataset_created accepted ann', 'dataset_published accepted ann'])
    expect(heard.inside).toEqual(['accepted'])
    expect(failures).toEqual([
      ['package_create', 'Validation Error'],
      ['package_patch', 'Internal Server Error'],
    ])
    expect(await ask('package_show', { id: REFUSED })).toMatchObject({ status: 404 })
    expect(await ask('package_show', { id: 'accepted' })).toMatchObject({ result: { notes: null } })
  })

  test('what is refused later in the transaction was told inside it, and to nobody after it', async () => {
    using _inside = datasetCreated.connectedTo((_id, { name }) => void heard.inside.push(name))
    expect(await ask('create_and_fail', { name: 'undone' })).toMatchObject({ status: 409 })
    expect(heard.inside).toEqual(['undone'])
    expect(heard.committed).toEqual([])
    expect(await ask('package_show', { id: 'undone' })).toMatchObject({ status: 404 })
  })

  test.each([...DATASET_SIGNALS, ...RESOURCE_SIGNALS])(
    'a receiver of $name that throws breaks no request, and is reported',
    async (signal) => {
      const name = signal.name.replaceAll('_', '-')
      const before = portal.failures.length
      const broken = (): never => {
        throw new Error('no such luck')
      }
      using _broken = signal.connect(broken)
      await ask('package_create', { name, resources: [{ url: 'a' }] })
      const shown = await ask('package_patch', { id: name, resources: [{ url: 'b' }], notes: 'x' })
      const resources = fieldOf(shown.result, 'resources')
      const id = fieldOf(Array.isArray(resources) ? resources[0] : undefined, 'id')
      expect(await ask('resource_patch', { id, url: 'c' })).toMatchObject({ status: 200 })
      expect(await ask('package_delete', { id: name })).toMatchObject({ status: 200 })
      expect(portal.failures.length).toBeGreaterThan(before)
      for (const failure of portal.failures.slice(before)) expect(failure.signal).toBe(signal)
    },
  )

  test('payloads carry references that can be loaded', async () => {
    const titles: unknown[] = []
    using _heard = datasetCreated.connectedTo(async (_id, { dataset }) => {
      titles.push((await load(dataset))?.title)
    })
    await ask('package_create', { name: 'loaded', title: 'As it is stored' })
    expect(titles).toEqual(['As it is stored'])
  })

  test('payloads have the beginning of texts that are very long, so that durable receivers never refuse them', async () => {
    const lengths: unknown[] = []
    using _dataset = datasetCreated.connectedTo((_id, { title }) => void lengths.push(title.length))
    using _resource = resourceCreated.connectedTo(
      (_id, { name, format }) => void lengths.push(name?.length, format.length),
    )
    const long = 'a'.repeat(300_000)
    const made = await ask('package_create', {
      name: 'long',
      title: long,
      resources: [{ url: 'a', name: long, format: long }],
    })
    expect(fieldOf(made.result, 'title')).toBe(long)
    expect(lengths).toEqual([1000, 1000, 1000])
  })

  test('hooks of plugins are called in order, and change what is written and shown', async () => {
    const made = await ask('package_create', { name: 'hooked' })
    expect(made.result).toMatchObject({ shown: 'by the first, then by the second' })
    const resource = await ask('resource_create', { package_id: 'hooked', url: 'a', name: 'a' })
    expect(resource.result).toMatchObject({ description: 'From a hook', seen: true })
    const id = fieldOf(resource.result, 'id')
    await ask('resource_patch', { id, name: 'b' })
    await ask('resource_delete', { id })
    await ask('package_delete', { id: 'hooked' })
    expect(heard.hooks).toEqual([
      'create hooked',
      'update null',
      'resource a becomes b',
      'update null',
      'update null',
      'resources left 0',
      'delete deleted',
    ])
  })

  test('what hooks add to what is shown is not stored', async () => {
    await ask('package_create', { name: 'clean' })
    const resource = await ask('resource_create', { package_id: 'clean', url: 'a' })
    await ask('resource_patch', { id: fieldOf(resource.result, 'id'), name: 'b' })
    await ask('package_patch', { id: 'clean', notes: 'x' })
    await portal.host.unload('second')
    const shown = await ask('resource_show', { id: fieldOf(resource.result, 'id') })
    expect(shown.result).not.toHaveProperty('seen')
    await portal.host.load('second')
  })
})
