/** `request_started` and `request_finished`: each once for every request, whatever becomes of it. */
import { signals, type Application, type HttpRequest, type HttpResponse } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { PortalApplication } from '@aldis/portal'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { sendBytes, servePortal, type ServedPortal } from './support/served-portal.ts'

/** A plugin whose routes do what routes may do. */
class WithRoutes {
  packageTypes(): string[] {
    return ['thing']
  }
}

let portal: ServedPortal

beforeAll(async () => {
  using _routes = signals.registerBlueprint.connectedTo(
    (_sender, { blueprint }) => {
      blueprint.addRoute({
        method: 'GET',
        path: '/fails',
        handler: () => Promise.reject(new Error('no such luck')),
      })
      blueprint.addRoute({ method: 'GET', path: '/throws', handler: broken })
      blueprint.addRoute({ method: 'GET', path: '/waits', handler: waits })
      blueprint.addRoute({
        method: 'POST',
        path: '/reads',
        handler: async (request) => new Response(await request.text()),
      })
    },
    { sender: 'dataset' },
  )
  portal = await servePortal({ plugins: [{ name: 'with_routes', plugin: WithRoutes }] })
})

afterAll(async () => {
  await portal[Symbol.asyncDispose]()
})

function broken(): never {
  throw new Error('no such luck')
}

let arrived = Promise.withResolvers<Request>()
let release = Promise.withResolvers<Response>()

function waits(request: Request): Promise<Response> {
  arrived.resolve(request)
  return release.promise
}

interface Sent {
  readonly started: { readonly sender: Application; readonly payload: { readonly request: HttpRequest } }[]
  readonly finished: {
    readonly sender: Application
    readonly payload: { readonly request: HttpRequest; readonly response: HttpResponse }
  }[]
}

/** What is sent while `body` runs. */
async function sentDuring(body: () => Promise<unknown>): Promise<Sent> {
  using started = capture(signals.requestStarted)
  using finished = capture(signals.requestFinished)
  await body()
  return { started: [...started.sends], finished: [...finished.sends] }
}

test('a request to the home page and one to another page send each signal once (S02)', async () => {
  using started = capture(signals.requestStarted)
  using finished = capture(signals.requestFinished)

  await fetch(`${portal.url}/`)
  expect([started.sends.length, finished.sends.length]).toEqual([1, 1])

  await fetch(`${portal.url}/about`)
  expect([started.sends.length, finished.sends.length]).toEqual([2, 2])
})

describe('every kind of request sends each signal once, with the answer as it goes out:', () => {
  const json = { 'content-type': 'application/json' }
  const requests: [title: string, path: string, init: RequestInit, status: number][] = [
    ['a page', '/', {}, 200],
    ['a file', '/healthz', {}, 200],
    ['a path with a query', '/api/3/action/status_show?callback=x', {}, 200],
    ['an unknown path', '/no/such/path', {}, 404],
    ['an unknown path, by POST', '/no/such/path', { method: 'POST', body: '{}', headers: json }, 404],
    ['an unknown action', '/api/action/no_such_action', {}, 400],
    ['another method', '/', { method: 'DELETE' }, 405],
    ['another method, with a body nobody can read', '/', { method: 'POST', body: '{', headers: json }, 405],
    ['HEAD', '/', { method: 'HEAD' }, 200],
    ['HEAD of an unknown path', '/nowhere', { method: 'HEAD' }, 404],
    ['OPTIONS', '/', { method: 'OPTIONS' }, 204],
    ['OPTIONS of an unknown path', '/nowhere', { method: 'OPTIONS' }, 404],
    ['a method of WebDAV', '/', { method: 'PROPFIND' }, 404],
    ['a body that is not JSON', '/api/action/status_show', { method: 'POST', body: '{', headers: json }, 400],
    [
      'a body that is too large',
      '/api/action/status_show',
      { method: 'POST', body: 'x'.repeat(2_000_000) },
      413,
    ],
    ['a handler that rejects', '/thing/fails', {}, 500],
    ['a handler that throws', '/thing/throws', {}, 500],
    ['a handler that reads the body', '/thing/reads', { method: 'POST', body: 'hello' }, 200],
    ['a handler that answers 404', '/thing/x/resource', {}, 404],
    ['a path that cannot be decoded', '/%E0%A4%A', {}, 400],
    ['a parameter that is too long', `/api/action/${'x'.repeat(500)}`, {}, 414],
  ]

  test.each(requests)('%s', async (_title, path, init, status) => {
    let answered = 0
    const { started, finished } = await sentDuring(async () => {
      const response = await fetch(portal.url + path, init)
      answered = response.status
      await response.arrayBuffer()
    })

    expect(answered).toBe(status)
    expect(started).toHaveLength(1)
    expect(finished).toHaveLength(1)
    expect(finished[0]?.payload.request).toEqual(started[0]?.payload.request)
    expect(finished[0]?.payload).toMatchObject({
      request: { method: init.method ?? 'GET', path: path.split('?')[0], remoteAddress: '127.0.0.1' },
      response: { statusCode: status },
    })
    expect(finished[0]?.payload.response.durationMs).toBeGreaterThan(0)
  })
})

describe('targets that are no paths send each signal once:', () => {
  test.each([
    ['OPTIONS', '*', 204],
    ['GET', '*', 200],
    ['GET', 'http://elsewhere.test/healthz', 200],
    ['GET', '//healthz', 404],
  ])('%s %s', async (method, target, status) => {
    const { started, finished } = await sentDuring(() =>
      sendBytes(portal.url, `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`),
    )

    expect(started.map(({ payload }) => payload.request.path)).toEqual([target])
    expect(finished.map(({ payload }) => payload.response.statusCode)).toEqual([status])
  })
})

test('requests on one connection each send their own', async () => {
  const one = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
  const last = 'GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const { started, finished } = await sentDuring(() => sendBytes(portal.url, one + one + last))

  expect(started.map(({ payload }) => payload.request.path)).toEqual(['/healthz', '/healthz', '/readyz'])
  expect(finished).toHaveLength(3)
  expect(new Set(finished.map(({ payload }) => payload.request.id)).size).toBe(3)
})

test('the sender is the application that the portal provides', async () => {
  const application = portal.host.resolve(PortalApplication)
  const { started, finished } = await sentDuring(() => fetch(`${portal.url}/`))

  expect(application.name).toBe('portal')
  expect(started[0]?.sender).toBe(application)
  expect(finished[0]?.sender).toBe(application)
})

test('those who watch the namespace see both sends though nobody receives them', async () => {
  const seen: string[] = []
  const watch = ({ signal }: { readonly signal: { toString(): string } }): void => {
    seen.push(String(signal))
  }
  signals.ckan.events.on('sent', watch)
  try {
    await fetch(`${portal.url}/about`)
  } finally {
    signals.ckan.events.off('sent', watch)
  }

  expect(seen).toEqual(['ckan:request_started', 'ckan:request_finished'])
})

test('request_started comes before the handler, request_finished after it and before the first byte', async () => {
  const order: string[] = []
  arrived = Promise.withResolvers()
  release = Promise.withResolvers()
  const finishing = Promise.withResolvers<void>()
  using _started = signals.requestStarted.connectedTo(() => void order.push('started'))
  using _finished = signals.requestFinished.connectedTo(async () => {
    order.push('finished')
    await finishing.promise
    order.push('finished is done')
  })
  const answer = fetch(`${portal.url}/thing/waits`).then((response) => {
    order.push('headers')
    return response.text()
  })

  await arrived.promise
  order.push('handler')
  release.resolve(new Response('done'))
  await vi.waitFor(() => expect(order).toContain('finished'), { timeout: 10_000 })
  finishing.resolve()
  await answer

  expect(order).toEqual(['started', 'handler', 'finished', 'finished is done', 'headers'])
})

test('a client that leaves in the middle ends the request for its handler, and both signals are sent once', async () => {
  arrived = Promise.withResolvers()
  release = Promise.withResolvers()
  const client = new AbortController()
  using started = capture(signals.requestStarted)
  using finished = capture(signals.requestFinished)
  const answer = fetch(`${portal.url}/thing/waits`, { signal: client.signal })

  const { signal } = await arrived.promise
  client.abort()
  await expect(answer).rejects.toThrow('abort')
  await vi.waitFor(() => expect(signal.aborted).toBe(true), { timeout: 10_000 })
  expect(finished.sends).toHaveLength(0)
  release.resolve(new Response('too late'))

  await vi.waitFor(() => expect(finished.sends).toHaveLength(1), { timeout: 10_000 })
  expect(started.sends).toHaveLength(1)
  await expect(fetch(`${portal.url}/healthz`)).resolves.toMatchObject({ status: 200 })
})

test('a client that leaves before its body is whole has both signals sent once', async () => {
  using started = capture(signals.requestStarted)
  using finished = capture(signals.requestFinished)
  const { hostname, port } = new URL(portal.url)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.on('error', () => undefined)
  socket.write('POST /api/action/status_show HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"a"')

  await vi.waitFor(() => expect(started.sends).toHaveLength(1), { timeout: 10_000 })
  expect(finished.sends).toHaveLength(0)
  socket.resetAndDestroy()

  await vi.waitFor(() => expect(finished.sends).toHaveLength(1), { timeout: 10_000 })
  expect(finished.sends[0]?.payload.response.statusCode).toBe(400)
  expect(started.sends).toHaveLength(1)
})
