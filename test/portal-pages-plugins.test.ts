/** What plugins add to the portal's pages and paths, and what administrators see of plugins and signals. */
import { signals, SubscriptionMap, type Blueprint, type Injected } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import {
  chained,
  createBlueprint,
  html,
  Portal,
  type HtmlValue,
  type IBlueprint,
  type IMiddleware,
  type ITemplateHelpers,
  type TemplateHelpers,
  type TemplateHelperTypes,
} from '@aldis/portal'
import { namespace } from '@aldis/signals'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { fieldOf } from './support/field-of.ts'
import { PageVisitor } from './support/page-visitor.ts'
import { servePortal, type ServeOptions, type ServedPortal } from './support/served-portal.ts'

const EVIL = `"><script>document.title='owned'</script>`

/** Equal to every text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

type Sections = TemplateHelperTypes['dataset_sections']

/** A plugin whose section on a dataset's page is `text`, after those that are there. */
function section(text: string): ITemplateHelpers {
  return {
    getHelpers: (): TemplateHelpers => ({
      dataset_sections: chained<Sections>((original) => async (dataset, view): Promise<HtmlValue> => {
        const { title } = dataset
        const inner = await original(dataset, view)
        return [
          inner,
          html`<section>
            <h2>${text}</h2>
            ${String(title)} for ${view.actor?.name ?? 'nobody'}
          </section>`,
        ]
      }),
    }),
  }
}

async function served(plugins: ServeOptions['plugins'], settings = {}): Promise<ServedPortal> {
  const portal = await servePortal({ ...(plugins && { plugins }), settings })
  const { call } = portal.host.resolve(Portal)
  const root = { name: 'root', email: 'root@example.org', password: 'correct123', sysadmin: true }
  await call('user_create', root, { trusted: true })
  await call('package_create', { name: 'tides', title: `Tides ${EVIL}` }, { trusted: true })
  return portal
}

async function administrator(portal: ServedPortal): Promise<PageVisitor> {
  const visitor = new PageVisitor(portal.url)
  await visitor.submit('/user/login', { login: 'root', password: 'correct123' })
  return visitor
}

const tidesPlugin: IBlueprint = {
  getBlueprints() {
    const tides = createBlueprint('tides', '/tides')
    tides.addRoute({ method: 'GET', path: '/:day', handler: (_request, { day }) => Response.json({ day }) })
    return [tides]
  },
}

/** What middleware saw, in order. */
const seen: string[] = []

function middleware(name: string): IMiddleware {
  return {
    makeMiddleware(app) {
      app.addHook('onRequest', (request, reply, done) => {
        seen.push(`${name} ${request.url}`)
        reply.header(`x-${name}`, 'seen')
        done()
      })
    },
  }
}

const deprecated = namespace('portal_pages').declare('old', { doc: EVIL, deprecated: EVIL })

const listener = {
  getSignalSubscriptions: () =>
    new SubscriptionMap()
      .on(signals.loggedIn, function welcome() {})
      .on(deprecated, function watch() {}, { sender: 'tower' }),
}

describe('with plugins', () => {
  let portal: ServedPortal
  let root: PageVisitor
  let blueprintSends = 0

  beforeAll(async () => {
    using captured = capture(signals.registerBlueprint)
    portal = await served([
      { name: 'outer', plugin: section('Outer') },
      { name: 'inner', plugin: section(EVIL) },
      { name: 'one', plugin: middleware('one') },
      { name: 'two', plugin: middleware('two') },
      { name: 'tides', plugin: tidesPlugin },
      { name: 'listener', plugin: listener, version: '1.2.3' },
    ])
    blueprintSends = captured.sends.length
    root = await administrator(portal)
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  test('sections of plugins stand on the page of a dataset, the outermost last, with what they write as text', async () => {
    const { text } = await root.get('/dataset/tides')

    expect(text).toMatch(/<h2>&quot;&gt;&lt;script&gt;[^]*for root[^]*<h2>Outer<\/h2>/)
    expect(text).not.toContain('<script')
    expect((await new PageVisitor(portal.url).get('/dataset/tides')).text).toContain('for nobody')
  })

  test('a blueprint of a plugin answers its paths, and sends no register_blueprint', async () => {
    expect(await (await fetch(`${portal.url}/tides/monday`)).json()).toEqual({ day: 'monday' })
    expect((await fetch(`${portal.url}/tides/monday`, { method: 'PUT' })).status).toBe(405)
    expect(blueprintSends).toBe(0)
  })

  test('middleware sees every request before the portal does, in the order of the configuration', async () => {
    seen.length = 0
    for (const path of ['/about', '/api/3/action/status_show', '/healthz', '/nowhere']) {
      const { headers } = await fetch(portal.url + path)
      expect(headers.get('x-two')).toBe('seen')
      expect(seen.splice(0)).toEqual([`one ${path}`, `two ${path}`])
    }
  })

  test('administrators see plugins, signals, their receivers, and what was sent, without what it carried', async () => {
    const plugins = await root.get('/admin/plugins')
    expect(plugins.text).toMatch(/listener[^]*1\.2\.3[^]*ISignal[^]*2 subscriptions/)
    const before = await root.get('/admin/signals')
    expect(before.text).toMatch(/listener:<wbr \/>welcome<\/code>\s*<span class="quiet">commit/)
    expect(before.text).toMatch(/watch<\/code>\s*<span class="quiet">inline, from .{0,6}tower/)
    expect(before.text).not.toContain('<script')
    const someone = new PageVisitor(portal.url)
    await someone.submit('/user/login', { login: 'root', password: 'correct123' })
    await someone.submit('/user/login', { login: 'typed-name', password: 'typed-password' }, '/about')
    deprecated.send('tower', { secret: 'carried-secret' })
    const after = await root.get('/admin/signals?live')
    expect(after.text).toContain('<meta http-equiv="refresh" content="5" />')
    expect(after.text).toMatch(/old<wbr \/><\/code>\s*<\/th>\s*<td>tower<\/td>/)
    expect(after.text).not.toContain('carried-secret')
    expect(after.text).not.toContain('typed-password')
  })

  test('of what was sent, administrators see requests and reads only when they ask for them', async () => {
    await root.get('/admin/signals?show=all')
    for (let times = 0; times < 60; times += 1) await fetch(`${portal.url}/api/action/status_show`)
    const { call } = portal.host.resolve(Portal)
    await call('package_patch', { id: 'tides', notes: 'High' }, { trusted: true })
    deprecated.send('beacon', {})
    for (let times = 0; times < 60; times += 1) await fetch(`${portal.url}/api/action/status_show`)
    const sent = async (path: string): Promise<string> =>
      /<section aria-labelledby="sends">[^]*?<\/section>/.exec((await root.get(path)).text)?.[0] ?? ''

    const all = await sent('/admin/signals?show=all')
    expect(all).toMatch(/request_<wbr \/>started/)
    expect(all).toContain('<td>status_show</td>')
    expect(all).toContain('fills from the first look')
    const changes = await sent('/admin/signals')
    expect(changes).toContain('<td>package_patch</td>')
    expect(changes).toContain('<td>beacon</td>')
    expect(changes).not.toMatch(/request_<wbr|status_show/)
    expect(changes).toContain('fills from the first look')
    expect(changes).toContain('href="/admin/signals?show=all"')
    expect(await sent('/admin/signals?show=all&live')).toContain('href="/admin/signals?live"')
  })

  test('nobody else sees them', async () => {
    const bob = new PageVisitor(portal.url)
    await bob.register('bob')

    for (const path of ['/admin/plugins', '/admin/signals']) {
      expect((await bob.get(path)).status).toBe(403)
      expect((await new PageVisitor(portal.url).get(path)).headers.get('location')).toMatch(/^\/user\/login/)
    }
  })

  test('the API takes a session where a form of this site could not have made the call by itself', async () => {
    const post = (headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${portal.url}/api/action/package_patch`, {
        method: 'POST',
        body: JSON.stringify({ id: 'tides', title: 'Changed' }),
        headers: { 'content-type': 'application/json', cookie: root.cookie, ...headers },
      })

    const refused = await post()
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({
      help: containing('help_show?name=package_patch'),
      success: false,
      error: { __type: 'Authorization Error', message: containing('Access denied') },
    })
    const { text } = await root.get('/dataset/new')
    const token = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? ''
    expect((await post({ 'x-csrf-token': token })).status).toBe(200)
    const read = await fetch(`${portal.url}/api/action/user_show`, { headers: { cookie: root.cookie } })
    expect(await read.json()).toMatchObject({ result: { name: 'root' } })
  })

  test('pages of other sites may not read the API unless the settings say so', async () => {
    const { headers } = await fetch(`${portal.url}/api/3/action/status_show`, {
      headers: { origin: 'https://app.example' },
    })

    expect(headers.get('access-control-allow-origin')).toBeNull()
  })
})

test('a helper that fails costs its part of the page, and is reported with the plugins that have it', async () => {
  const failing = (): HtmlValue => {
    throw new Error('no tide today')
  }
  const broken: ITemplateHelpers = {
    getHelpers: () => ({ dataset_sections: failing, format_date: failing, navigation_links: () => 'Links' }),
  }
  await using portal = await served([{ name: 'broken', plugin: broken }])
  const { status, text } = await new PageVisitor(portal.url).get('/dataset/tides')

  expect(status).toBe(200)
  expect(text).toContain('A part of this page could not be made.')
  expect(text).toContain('Links')
  const lines = portal.logger.lines.filter(({ level }) => level === 'error')
  expect(lines.map(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ helper: 'dataset_sections', plugins: ['broken'] }),
  )
})

function withBlueprint(name: string, prefix: string, path: string) {
  const plugin: IBlueprint = {
    getBlueprints(): Blueprint[] {
      const blueprint = createBlueprint(name, prefix)
      blueprint.addRoute({ method: 'GET', path, handler: () => new Response() })
      return [blueprint]
    },
  }
  return { name, plugin }
}

test.each([
  ["the portal's", [withBlueprint('mine', '/dataset', '/:name')], 'portal', 'mine'],
  [
    "another plugin's",
    [withBlueprint('first', '/a', '/b'), withBlueprint('second', '/a/b', '/')],
    'first',
    'second',
  ],
])('a path that is %s already ends the start, and both are named', async (_whose, plugins, owner, plugin) => {
  await expect(servePortal({ plugins })).rejects.toMatchObject({
    code: 'ROUTE_TAKEN',
    owner,
    plugin,
    message: containing(`"${owner}"`),
  })
})

test('a route of a plugin learns who asks: by a token always, by a login where it only reads', async () => {
  class WhoPlugin implements IBlueprint {
    static readonly inject = [Portal] as const
    readonly #portal: Portal

    constructor(...[portal]: Injected<typeof WhoPlugin.inject>) {
      this.#portal = portal
    }

    getBlueprints(): Blueprint[] {
      const who = createBlueprint('who', '/who')
      const handler = async (request: Request): Promise<Response> =>
        Response.json((await this.#portal.actorOf(request))?.name ?? null)
      who.addRoute({ method: 'GET', path: '/', handler })
      who.addRoute({ method: 'POST', path: '/', handler })
      return [who]
    }
  }
  await using portal = await served([{ name: 'who', plugin: WhoPlugin, requires: { portal: '*' } }])
  const visitor = await administrator(portal)
  const offered = portal.host.resolve(Portal)
  const made = await offered.call('api_token_create', { user: 'root', name: 'ci' }, { trusted: true })
  const authorization = String(fieldOf(made, 'token'))
  const answer = async (init: RequestInit): Promise<unknown> =>
    (await fetch(`${portal.url}/who`, init)).json()

  expect(await answer({})).toBeNull()
  expect(JSON.parse((await visitor.get('/who')).text)).toBe('root')
  expect(await answer({ method: 'POST', headers: { cookie: visitor.cookie } })).toBeNull()
  expect(await answer({ headers: { authorization } })).toBe('root')
  expect(await answer({ method: 'POST', headers: { authorization } })).toBe('root')
  expect(await offered.actorOf(new Request(portal.url, { headers: { authorization } }))).toBeNull()
})

test.each(['', '/', 'tides', '/../x', '/*'])('a blueprint cannot have the prefix %j', (prefix) => {
  expect(() => createBlueprint('odd', prefix)).toThrow(
    expect.objectContaining({ code: 'BLUEPRINT_ROUTE_INVALID' }),
  )
})

describe('where the settings say so', () => {
  const origin = 'https://app.example'
  let portal: ServedPortal

  beforeAll(async () => {
    portal = await servePortal({ settings: { openRegistration: false, corsOrigins: [`${origin}/`] } })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  test('nobody may register: no page offers it and none takes it', async () => {
    const stranger = new PageVisitor(portal.url)

    expect((await stranger.get('/')).text).not.toContain('/user/register')
    expect((await stranger.get('/user/login')).text).not.toContain('/user/register')
    expect((await stranger.get('/user/register')).status).toBe(403)
    const fields = { name: 'bob', email: 'b@example.org', password1: 'correct123', password2: 'correct123' }
    expect((await stranger.submit('/user/register', fields, '/user/login')).status).toBe(403)
  })

  test('pages of the named sites may read the API, without cookies, and those of others not', async () => {
    const ask = async (from: string, method = 'GET'): Promise<string | null> => {
      const response = await fetch(`${portal.url}/api/3/action/status_show`, {
        method,
        headers: { origin: from },
      })
      return response.headers.get('access-control-allow-origin')
    }
    expect(await ask(origin)).toBe(origin)
    expect(await ask(origin, 'OPTIONS')).toBe(origin)
    expect(await ask('https://evil.example')).toBeNull()
    const { status, headers } = await fetch(`${portal.url}/api/action/package_create`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    })
    expect(status).toBe(204)
    expect(headers.get('access-control-allow-headers')).toContain('Authorization')
    expect(headers.get('access-control-allow-credentials')).toBeNull()
    const page = await fetch(portal.url, { headers: { origin } })
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
  })
})
