/** Types that plugins register: their blueprints, `register_blueprint`, and the routes that answer. */
import {
  signals,
  SubscriptionMap,
  type Blueprint,
  type BlueprintRoute,
  type PluginDefinition,
} from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { describe, expect, test } from 'vitest'

import { servePortal } from './support/served-portal.ts'

/** Equal to every text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

function withDatasetTypes(name: string, types: unknown): PluginDefinition {
  return { name, version: '1.2.3', plugin: { packageTypes: () => types } }
}

function withGroupTypes(name: string, types: unknown, isOrganization: boolean): PluginDefinition {
  return { name, plugin: { groupTypes: () => types, isOrganization: () => isOrganization } }
}

/** A plugin that adds `routes` to the blueprint of every type of dataset. */
function withRoutes(...routes: object[]): PluginDefinition {
  const add = (_sender: string, { blueprint }: { readonly blueprint: Blueprint }): void => {
    for (const route of routes) Reflect.apply(blueprint.addRoute, blueprint, [route])
  }
  const plugin = {
    getSignalSubscriptions: () =>
      new SubscriptionMap().on(signals.registerBlueprint, add, { sender: 'dataset' }),
  }
  return { name: 'with_routes', plugin }
}

const fancy = withDatasetTypes('fancy', ['fancy_type'])

test('a type of dataset sends register_blueprint for datasets, then for resources (S01)', async () => {
  using captured = capture(signals.registerBlueprint)
  await using _portal = await servePortal({ plugins: [fancy] })

  expect(captured.sends.map(({ sender }) => sender)).toEqual(['dataset', 'resource'])
  expect(captured.sends.map(({ payload }) => payload.blueprint.name)).toEqual([
    'fancy_type',
    'fancy_type_resource',
  ])
  expect(captured.sends.map(({ payload }) => payload.blueprint.prefix)).toEqual([
    '/fancy_type',
    '/fancy_type/:id/resource',
  ])
})

test('types of group and of organization send it once each, datasets before them', async () => {
  using captured = capture(signals.registerBlueprint)
  const plugins = [
    withGroupTypes('teams', ['team', 'crew'], false),
    withGroupTypes('firms', ['firm'], true),
    fancy,
  ]
  await using _portal = await servePortal({ plugins })

  expect(captured.sends.map(({ sender, payload }) => `${sender} ${payload.blueprint.name}`)).toEqual([
    'dataset fancy_type',
    'resource fancy_type_resource',
    'group team',
    'group crew',
    'organization firm',
  ])
})

test("the portal's own types send nothing, and neither does a portal without types", async () => {
  using captured = capture(signals.registerBlueprint)
  const plugins = [
    withDatasetTypes('datasets', ['dataset']),
    withGroupTypes('groups', ['group'], false),
    withGroupTypes('organizations', ['organization'], true),
  ]
  await using _portal = await servePortal({ plugins })

  expect(captured.sends).toEqual([])
})

test('a type has a page that names it, the plugin that registers it, and its routes', async () => {
  const route: BlueprintRoute = { method: 'POST', path: '/:id/like', handler: () => new Response('liked') }
  await using portal = await servePortal({ plugins: [fancy, withRoutes(route)] })

  for (const path of ['/fancy_type', '/fancy_type/']) {
    const response = await fetch(portal.url + path)
    const page = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    for (const part of [
      '<h1>fancy_type</h1>',
      '>fancy</a> 1.2.3',
      '/fancy_type/:id/like',
      '/fancy_type/:id/resource',
    ]) {
      expect(page).toContain(part)
    }
  }
})

test('a dataset of a type that is not there is not found, with its name escaped', async () => {
  await using portal = await servePortal({ plugins: [fancy] })
  const response = await fetch(`${portal.url}/fancy_type/%3Cb%3E/resource`)

  expect(response.status).toBe(404)
  expect(await response.text()).toContain('No fancy_type is called “&lt;b&gt;”.')
})

test('routes that plugins add speak the Fetch API', async () => {
  const echo: BlueprintRoute = {
    method: 'PUT',
    path: '/:id/echo',
    async handler(request, { id }) {
      const headers = new Headers({ 'x-custom': 'yes' })
      headers.append('set-cookie', 'a=1')
      headers.append('set-cookie', 'b=2')
      const { pathname, search } = new URL(request.url)
      const body = { method: request.method, pathname, search, id, header: request.headers.get('x-mine') }
      return Response.json({ ...body, text: await request.text() }, { status: 202, headers })
    },
  }
  const empty: BlueprintRoute = {
    method: 'GET',
    path: '/empty',
    handler: () => new Response(null, { status: 204 }),
  }
  await using portal = await servePortal({ plugins: [fancy, withRoutes(echo, empty)] })

  const init = { method: 'PUT', body: 'häfen', headers: { 'x-mine': 'here', 'content-type': 'text/plain' } }
  const response = await fetch(`${portal.url}/fancy_type/a%20b/echo?x=1`, init)
  expect(response.status).toBe(202)
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect(response.headers.get('x-custom')).toBe('yes')
  expect(await response.json()).toEqual({
    method: 'PUT',
    pathname: '/fancy_type/a%20b/echo',
    search: '?x=1',
    id: 'a b',
    header: 'here',
    text: 'häfen',
  })

  expect((await fetch(`${portal.url}/fancy_type/empty`)).status).toBe(204)
  expect((await fetch(`${portal.url}/fancy_type/empty`, { method: 'PATCH' })).headers.get('allow')).toBe(
    'GET, HEAD, OPTIONS',
  )
})

test.each([
  ['text', () => 'text', 'string'],
  ['nothing', () => undefined, 'undefined'],
  ['null', () => Promise.resolve(null), 'null'],
  ['an object like a Response', () => ({ status: 200, body: '' }), 'object'],
  [
    'a Response that was read',
    async () => {
      const response = new Response('text')
      await response.text()
      return response
    },
    'a Response whose body was read already',
  ],
])('a route that answers with %s is an error of ours that names it', async (_title, handler, kind) => {
  const wrong = { method: 'GET', path: '/wrong', handler }
  await using portal = await servePortal({ plugins: [fancy, withRoutes(wrong)] })
  const response = await fetch(`${portal.url}/fancy_type/wrong`)

  expect(response.status).toBe(500)
  expect(await response.text()).not.toContain('fancy')
  const [line] = portal.logger.lines.filter(({ level }) => level === 'error')
  expect(line?.fields['err']).toMatchObject({
    code: 'BLUEPRINT_RESPONSE_INVALID',
    blueprint: 'fancy_type',
    message: containing(`GET /fancy_type/wrong of the blueprint "fancy_type" answered with ${kind}.`),
  })
})

test.each(['GET', 'POST'] as const)(
  'a handler of %s that takes too long is answered for, and told',
  async (method) => {
    const told = Promise.withResolvers<unknown>()
    const slow: BlueprintRoute = {
      method,
      path: '/slow',
      handler: async (request) => {
        // Before the body is read: on a slow machine the time may be up by then.
        request.signal.addEventListener('abort', () => told.resolve(request.signal.reason))
        await request.text()
        return new Promise(() => undefined)
      },
    }
    const settings = { handlerTimeoutMs: 30 }
    await using portal = await servePortal({ settings, plugins: [fancy, withRoutes(slow)] })

    const body = method === 'POST' ? { body: 'x' } : {}
    expect((await fetch(`${portal.url}/fancy_type/slow`, { method, ...body })).status).toBe(503)
    await expect(told.promise).resolves.toMatchObject({ code: 'HANDLER_TIMEOUT', blueprint: 'fancy_type' })
  },
)

describe('a receiver that adds what cannot be a route is reported, and the rest is served:', () => {
  const handler = (): Response => new Response()
  const routes: [title: string, route: object][] = [
    ['the same method and path again', { method: 'GET', path: '/', handler }],
    ['a path without a slash', { method: 'GET', path: 'x', handler }],
    ['a path that leaves the prefix', { method: 'GET', path: '/../../api', handler }],
    ['a wildcard', { method: 'GET', path: '/*', handler }],
    ['a pattern', { method: 'GET', path: '/:id(.*)', handler }],
    ['an unknown method', { method: 'FETCH', path: '/x', handler }],
    ['no handler', { method: 'GET', path: '/x' }],
  ]

  test.each(routes)('%s', async (_title, route) => {
    const add = (_sender: string, { blueprint }: { readonly blueprint: Blueprint }): void => {
      Reflect.apply(blueprint.addRoute, blueprint, [route])
    }
    using _adding = signals.registerBlueprint.connectedTo(add, { sender: 'dataset' })
    await using portal = await servePortal({ plugins: [fancy] })

    expect(portal.failures.map(({ error }) => error)).toMatchObject([
      { code: 'BLUEPRINT_ROUTE_INVALID', blueprint: 'fancy_type' },
    ])
    expect((await fetch(`${portal.url}/fancy_type`)).status).toBe(200)
  })

  test('a route once the server has its routes', async () => {
    using captured = capture(signals.registerBlueprint)
    await using _portal = await servePortal({ plugins: [fancy] })
    const [first] = captured.sends

    expect(() => first?.payload.blueprint.addRoute({ method: 'GET', path: '/late', handler })).toThrow(
      expect.objectContaining({ code: 'BLUEPRINT_ROUTE_INVALID' }),
    )
  })
})

describe('no request is served and no signal sent', () => {
  test.each([
    ['../evil'],
    ['Fancy'],
    ['fancy type'],
    [':id'],
    ['*'],
    ['__proto__'],
    [''],
    ['x'.repeat(65)],
    [7],
    [null],
    [undefined],
  ])('when a type is called %j', async (type) => {
    using captured = capture(signals.registerBlueprint)
    const plugins = [fancy, withDatasetTypes('odd', [type])]

    await expect(servePortal({ plugins })).rejects.toMatchObject({
      code: 'TYPE_NAME_INVALID',
      plugin: 'odd',
      message: containing('packageTypes()'),
    })
    expect(captured.sends).toEqual([])
  })

  test('when the types are no array', async () => {
    await expect(servePortal({ plugins: [withGroupTypes('odd', 'team', false)] })).rejects.toMatchObject({
      code: 'TYPE_NAME_INVALID',
      plugin: 'odd',
      message: containing('groupTypes()'),
    })
  })

  test.each([
    ['two plugins register one type', [fancy, withDatasetTypes('other', ['fancy_type'])], 'fancy', 'other'],
    [
      'a dataset and a group have one name',
      [fancy, withGroupTypes('other', ['fancy_type'], false)],
      'fancy',
      'other',
    ],
    ['one plugin registers a type twice', [withDatasetTypes('other', ['a', 'a'])], 'other', 'other'],
    ["a type has a path of the portal's", [withDatasetTypes('other', ['healthz'])], 'portal', 'other'],
  ])('when %s', async (_title, plugins, owner, plugin) => {
    using captured = capture(signals.registerBlueprint)

    await expect(servePortal({ plugins })).rejects.toMatchObject({ code: 'TYPE_TAKEN', owner, plugin })
    expect(captured.sends).toEqual([])
  })
})
