/** What administrators see of the outbox in the portal, and do there. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import OutboxPlugin, { DoNotRetryError, Outbox } from '@aldis/outbox'
import { Portal } from '@aldis/portal'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { PageVisitor } from './support/page-visitor.ts'
import { servePortal, type ServedPortal, type ServeOptions } from './support/served-portal.ts'

const EVIL = `"><script>document.title='owned'</script>`

const placed: Signal<string, { readonly label: string; readonly email: string }> = namespace(
  'pages_outbox',
).declare('placed', { payload: z.object({ label: z.string(), email: z.string() }) })

/** What the receiver does, as a test wishes. */
let onShip: () => void = () => undefined
const shipped: string[] = []

const shop = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap().on(
      placed,
      (_sender, { label }) => {
        onShip()
        shipped.push(label)
      },
      { id: 'ship', delivery: 'durable', retryDelayMs: 60_000 },
    ),
}
const moved: Signal<string, { readonly shelf: string }> = namespace('pages_outbox').declare('moved', {
  payload: z.object({ shelf: z.string() }),
})
/** Its receiver never works. */
const labels = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap().on(moved, () => Promise.reject(new Error(`no ink ${EVIL}`)), {
      id: 'print',
      delivery: 'durable',
      retryDelayMs: 60_000,
      shard: (_sender, { shelf }) => shelf,
    }),
}

const outboxPlugins: ServeOptions['plugins'] = [
  {
    name: 'outbox',
    plugin: OutboxPlugin,
    requires: { models: '*' },
    // Tests deliver when they want it.
    settings: { work: false, quarantineAfter: 2 },
  },
  { name: 'shop', plugin: shop },
]

async function servedWith(options: ServeOptions): Promise<ServedPortal> {
  const portal = await servePortal(options)
  const { call } = portal.host.resolve(Portal)
  for (const name of ['root', 'ann']) {
    const user = { name, email: `${name}@example.org`, password: 'correct123', sysadmin: name === 'root' }
    await call('user_create', user, { trusted: true })
  }
  return portal
}

async function loggedIn(portal: ServedPortal, login: string): Promise<PageVisitor> {
  const visitor = new PageVisitor(portal.url)
  await visitor.submit('/user/login', { login, password: 'correct123' })
  return visitor
}

/** The cells of the table rows of `page`, as text. */
function rows(page: string): string[][] {
  return [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell = '']) =>
      cell
        .replaceAll(/<[^>]*>/g, '')
        .replaceAll(/\s+/g, ' ')
        .trim(),
    ),
  )
}

describeDatabases('the page of the outbox', (database) => {
  let portal: ServedPortal
  let outbox: Outbox
  let root: PageVisitor

  beforeAll(async () => {
    portal = await servedWith({ plugins: outboxPlugins, database: await database.settings() })
    outbox = portal.host.resolve(Outbox)
    root = await loggedIn(portal, 'root')
  })
  afterAll(() => portal[Symbol.asyncDispose]())

  const send = (label: string): Promise<unknown> =>
    placed.sendAsync('web', { label, email: 'eve@example.org' })
  /** Have `labels` fail with `error`; how often a job is tried is up to its kind. */
  async function fail(error: Error, ...labels: string[]): Promise<void> {
    onShip = () => {
      throw error
    }
    for (const label of labels) await send(label)
    await outbox.drain()
    onShip = () => undefined
  }
  const parkedId = async (): Promise<string> => (await outbox.list({ state: 'parked' }))[0]?.id ?? 'none'

  test('shows the depth of each receiver, and parked jobs with their reason, without what they hold', async () => {
    await fail(new DoNotRetryError(`no such address ${EVIL}`), 'tea')
    await send('milk')
    const { status, text, headers } = await root.get('/admin/outbox')

    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(rows(text)).toEqual([
      expect.arrayContaining(['Receiver', 'Waiting', 'Retrying', 'Active', 'Parked']),
      [
        'shop:ship',
        'working',
        '1',
        '0',
        '0',
        '1',
        expect.stringMatching(/^\d+ s$/),
        'Retry 1 parked of shop:ship',
      ],
      expect.arrayContaining(['Why']),
      expect.arrayContaining(['shop:ship', 'pages_outbox:placed', '1']),
    ])
    expect(text).toContain('no such address &quot;&gt;&lt;script&gt;')
    expect(text).not.toContain('<script>')
    expect(text).toMatch(/aria-current="page"\s*>Outbox<\/a/)

    const job = await root.get(`/admin/outbox/jobs/${await parkedId()}`)
    expect(job.text).toContain('DO_NOT_RETRY')
    expect(job.text).toContain('<code>email</code>')
    expect(text + job.text).not.toContain('eve@example.org')
    expect(job.text).not.toContain('<script>')
  })

  test('gives a parked job back to its receiver, or all of them, or discards one', async () => {
    await fail(new DoNotRetryError('no such address'), 'rice', 'salt', 'oil')
    shipped.length = 0
    const one = await parkedId()
    const page = `/admin/outbox/jobs/${one}`
    expect((await root.submit('/admin/outbox/discard', { id: one }, page)).headers.get('location')).toBe(
      '/admin/outbox',
    )
    expect((await root.get('/admin/outbox')).text).toContain('1 job discarded.')
    expect((await root.get(page)).status).toBe(404)
    await root.submit('/admin/outbox/discard', { id: one }, '/admin/outbox')
    expect((await root.get('/admin/outbox')).text).toContain('it is not there any more.')

    const two = await parkedId()
    await root.submit('/admin/outbox/retry', { id: two }, `/admin/outbox/jobs/${two}`)
    expect((await root.get('/admin/outbox')).text).toContain('1 job given to the receiver again.')
    const all = { plugin: 'shop', subscription: 'ship' }
    await root.submit('/admin/outbox/retry', all, '/admin/outbox')
    await outbox.drain()

    // Two were left by the test before.
    expect(shipped).toHaveLength(4)
    expect(await outbox.list({ state: 'parked' })).toEqual([])
    expect((await root.get('/admin/outbox')).text).toContain('There are none.')
  })

  test('tells why a receiver is quarantined, and lets it go on', async () => {
    await fail(new Error(`the server is gone ${EVIL}`), 'tea', 'milk')
    const { text } = await root.get('/admin/outbox')
    expect(rows(text)[1]).toEqual([
      expect.stringMatching(/^shop:ship After 2 failures, on .*: the server is gone &quot;/),
      'quarantined: its jobs wait',
      '2',
      '2',
      '0',
      '0',
      '0 s',
      'Resume shop:ship',
    ])

    await root.submit('/admin/outbox/resume', { plugin: 'shop', subscription: 'ship' }, '/admin/outbox')
    const { text: after } = await root.get('/admin/outbox')
    expect(after).toContain('shop:ship goes on.')
    expect(rows(after)[1]?.[1]).toBe('working')
    await outbox.discard({ state: 'waiting' })
  })

  test('is for administrators alone, and changes nothing without the token of its form', async () => {
    await fail(new DoNotRetryError('no such address'), 'tea')
    const id = await parkedId()
    const ann = await loggedIn(portal, 'ann')
    const nobody = new PageVisitor(portal.url)
    const paths = ['/admin/outbox', `/admin/outbox/jobs/${id}`]
    for (const path of paths) {
      expect((await ann.get(path)).status).toBe(403)
      expect((await nobody.get(path)).headers.get('location')).toMatch(/^\/user\/login\?/)
    }
    for (const verb of ['retry', 'discard', 'resume']) {
      const path = `/admin/outbox/${verb}`
      const fields = { id, plugin: 'shop', subscription: 'ship' }
      expect((await ann.submit(path, fields, '/dashboard')).status).toBe(403)
      expect((await nobody.post(path, fields)).status).toBe(403)
      expect((await root.post(path, fields)).status).toBe(403)
    }
    expect(await outbox.list({ ids: [id], state: 'parked' })).toHaveLength(1)
  })

  test('answers what is not there', async () => {
    for (const id of ['tea', '00000000-0000-4000-8000-000000000000', '%00']) {
      expect((await root.get(`/admin/outbox/jobs/${id}`)).status).toBe(404)
    }
    for (const fields of [{}, { id: 'tea' }, { plugin: 'shop' }, { plugin: '', subscription: '' }]) {
      for (const verb of ['retry', 'discard', 'resume']) {
        expect((await root.submit(`/admin/outbox/${verb}`, fields, '/admin/outbox')).status).toBe(302)
      }
    }
    expect(await outbox.list({ state: 'parked' })).toHaveLength(1)
  })
})

describe('the page of an outbox with shards', () => {
  test('shows the deepest of them, and what holds each back', async () => {
    await using portal = await servedWith({
      plugins: [...outboxPlugins, { name: 'labels', plugin: labels }],
    })
    const root = await loggedIn(portal, 'root')
    expect((await root.get('/admin/outbox')).text).not.toContain('Deepest shards')

    for (const shelf of [EVIL, 'high', 'high']) await moved.sendAsync('web', { shelf })
    const outbox = portal.host.resolve(Outbox)
    await outbox.drain()
    expect((await root.get('/admin/outbox')).text).toContain('its receiver is quarantined')
    await outbox.resume()
    const { text } = await root.get('/admin/outbox')
    expect(rows(text).filter(([, receiver]) => receiver === 'labels:print')).toEqual([
      [
        'high',
        'labels:print',
        expect.stringMatching(/^waits for its next attempt, /),
        '2',
        // The one behind it waits since it was sent.
        expect.stringMatching(/^\d+ s$/),
        expect.stringMatching(/^no ink &quot;/),
      ],
      [expect.stringMatching(/^&quot;/), 'labels:print', expect.anything(), '1', '0 s', expect.anything()],
    ])
    expect(text).not.toContain('<script>')
    const [job] = await outbox.list({ plugin: 'labels' })
    expect((await root.get(`/admin/outbox/jobs/${job?.id}`)).text).toMatch(/Shard/)
  })
})

describe('a portal without an outbox', () => {
  test('has no page of it', async () => {
    await using portal = await servedWith({})
    const root = await loggedIn(portal, 'root')

    expect((await root.get('/admin/outbox')).status).toBe(404)
    expect((await root.get('/admin/plugins')).text).not.toContain('/admin/outbox')
  })
})
