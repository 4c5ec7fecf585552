/** Stopping: running requests are finished, nothing new is taken, and what takes too long is cut off. */
import { signals, type BlueprintRoute } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { connect } from 'node:net'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { expect, test, vi } from 'vitest'

import { root } from './support/repository.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

interface Slow {
  readonly portal: ServedPortal
  /** Resolves when a request has reached the slow route. */
  readonly arrived: Promise<unknown>
  readonly release: (response: Response) => void
}

/** A portal whose `/slow/wait` answers when it is released. */
async function serveSlow(settings: Record<string, unknown> = {}): Promise<Slow> {
  const arrived = Promise.withResolvers<unknown>()
  const released = Promise.withResolvers<Response>()
  const handler: BlueprintRoute['handler'] = () => {
    arrived.resolve(undefined)
    return released.promise
  }
  using _route = signals.registerBlueprint.connectedTo(
    (_sender, { blueprint }) => blueprint.addRoute({ method: 'GET', path: '/wait', handler }),
    { sender: 'dataset' },
  )
  const plugins = [{ name: 'slow', plugin: { packageTypes: () => ['slow'] } }]
  const portal = await servePortal({ settings, plugins })
  return { portal, arrived: arrived.promise, release: released.resolve }
}

/** Resolves when the portal takes no more connections. */
async function refused(url: string): Promise<void> {
  await vi.waitFor(() => expect(fetch(`${url}/healthz`)).rejects.toThrow('fetch failed'), { timeout: 10_000 })
}

test('a running request is finished, with both signals, and its kept connection is closed', async () => {
  const { portal, arrived, release } = await serveSlow()
  await using _portal = portal
  using finished = capture(signals.requestFinished)
  const agent = new Agent({ keepAlive: true })
  const answer = new Promise<{ readonly connection: string | undefined; readonly body: string }>(
    (resolve) => {
      get(`${portal.url}/slow/wait`, { agent }, (response) => {
        void text(response).then((body) => resolve({ connection: response.headers.connection, body }))
      })
    },
  )
  await arrived

  const stopped = portal.stop()
  await refused(portal.url)
  release(new Response('done'))

  expect(await answer).toEqual({ connection: 'close', body: 'done' })
  await stopped
  const paths = finished.sends.map(({ payload }) => payload.request.path)
  expect(paths.filter((path) => path === '/slow/wait')).toHaveLength(1)
  agent.destroy()
})

test('a request on a connection that is still busy has its signals, also while the portal stops', async () => {
  const { portal, arrived, release } = await serveSlow()
  await using _portal = portal
  using finished = capture(signals.requestFinished)
  const { hostname, port } = new URL(portal.url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write('GET /slow/wait HTTP/1.1\r\nHost: x\r\n\r\n')
  await arrived

  const stopped = portal.stop()
  await refused(portal.url)
  socket.write('GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n')
  await vi.waitFor(
    () => {
      const payloads = finished.sends.map(({ payload }) => payload)
      expect(payloads.filter(({ request }) => request.path === '/readyz')).toMatchObject([
        { response: { statusCode: 503 } },
      ])
    },
    { timeout: 10_000 },
  )
  release(new Response('done'))
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*done/i)
  await stopped
})

test('readyz answers 503 while the portal waits to be noticed, healthz still 200', async () => {
  await using portal = await servePortal({ settings: { stopDelayMs: 5_000 } })
  using started = capture(signals.requestStarted)
  expect((await fetch(`${portal.url}/readyz`)).status).toBe(200)

  const stopped = portal.stop()
  const [ready, health] = await Promise.all([fetch(`${portal.url}/readyz`), fetch(`${portal.url}/healthz`)])
  expect([ready.status, health.status]).toEqual([503, 200])
  expect(await ready.json()).toEqual({ status: 'stopping' })
  expect(ready.headers.get('connection')).toBe('close')
  expect(started.sends).toHaveLength(3)

  await stopped
  await expect(fetch(`${portal.url}/readyz`)).rejects.toThrow('fetch failed')
})

test('a request that takes longer than stopTimeoutMs is cut off, and that is logged', async () => {
  const { portal, arrived } = await serveSlow({ stopTimeoutMs: 50 })
  await using _portal = portal
  const answer = fetch(`${portal.url}/slow/wait`)
  await arrived

  const stopped = portal.stop()
  await expect(answer).rejects.toThrow('fetch failed')
  await stopped
  expect(portal.logger.lines).toContainEqual(
    expect.objectContaining({ level: 'warn', fields: { plugin: 'portal', timeoutMs: 50 } }),
  )
})

test('connections that are kept open and idle do not hold up the stop', async () => {
  const portal = await servePortal({ settings: { stopTimeoutMs: 60_000 } })
  await using _portal = portal
  const { hostname, port } = new URL(portal.url)
  const silent = connect({ host: hostname, port: Number(port) })
  await once(silent, 'connect')
  const closed = once(silent, 'close')
  await fetch(`${portal.url}/healthz`)

  await portal.stop()
  await closed
})

test('the portal can serve again after it has stopped', async () => {
  const first = await servePortal()
  await first[Symbol.asyncDispose]()
  await using second = await servePortal()

  expect((await fetch(`${second.url}/readyz`)).status).toBe(200)
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'aldis run finishes a slow request on %s and exits with 0',
  async (name) => {
    await using site = await makeSite()
    const env = { ...process.env, PORT: '0', HOST: '127.0.0.1', NODE_OPTIONS: '', NO_COLOR: '1' }
    const main = join(root, 'packages/cli/dist/main.js')
    const child = spawn(process.execPath, [main, 'run'], {
      cwd: site.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const exited = once(child, 'exit')
    const log = text(child.stderr)
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()

    const [url] = await lineWith(lines, /http:\/\/127\.0\.0\.1:\d+/)
    const answer = fetch(`${url}/slow/wait`)
    await lineWith(lines, /the slow request has arrived/)
    child.kill(name)

    expect(await (await answer).text()).toBe('slow, and done')
    expect(await exited).toEqual([0, null])
    const logged = (await log).split('\n').filter((line) => line.includes('"msg":"request"'))
    expect(logged).toHaveLength(1)
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({
      plugin: 'request_log',
      path: '/slow/wait',
      statusCode: 200,
    })
  },
)

async function lineWith(lines: AsyncIterator<string>, pattern: RegExp): Promise<RegExpExecArray> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const match = pattern.exec(line.value)
    if (match !== null) return match
  }
  throw new Error(`No line was like ${pattern.source}.`)
}

/** A plugin whose route answers after the process was told to stop. */
const SLOW_PLUGIN = `
import { once } from 'node:events'
import { signals, SubscriptionMap } from '@aldis/core'

export default class SlowPlugin {
  packageTypes() {
    return ['slow']
  }
  getSignalSubscriptions() {
    return new SubscriptionMap().on(signals.registerBlueprint, addRoute, { sender: 'dataset' })
  }
}

function addRoute(sender, { blueprint }) {
  blueprint.addRoute({ method: 'GET', path: '/wait', handler })
}

async function handler() {
  const told = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
  console.log('the slow request has arrived')
  await told
  return new Response('slow, and done')
}
`

/** A folder with a configuration and that plugin. */
async function makeSite(): Promise<AsyncDisposable & { readonly folder: string }> {
  const folder = join(root, 'test/.tmp', `portal-site-${randomUUID()}`)
  const plugin = join(folder, 'plugins/slow')
  await mkdir(plugin, { recursive: true })
  const manifest = {
    name: 'slow',
    version: '1.0.0',
    type: 'module',
    exports: './index.js',
    aldis: { plugin: 'slow' },
  }
  await writeFile(join(plugin, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(plugin, 'index.js'), SLOW_PLUGIN)
  const pluginPaths = [
    'plugins/*',
    ...['packages/*', 'plugins/*'].map((glob) => join(relative(folder, root), glob)),
  ]
  const config = { pluginPaths, plugins: ['models', 'portal', 'request_log', 'slow'] }
  await writeFile(join(folder, 'aldis.config.yaml'), JSON.stringify(config))
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
