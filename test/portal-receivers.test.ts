/** Whatever receivers of request signals do, the request is answered and each signal is sent once. */
import { signals } from '@aldis/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { servePortal, type ServedPortal } from './support/served-portal.ts'

let portal: ServedPortal

beforeEach(async () => {
  portal = await servePortal({ settings: { receiverTimeoutMs: 50 } })
})

afterEach(async () => {
  await portal[Symbol.asyncDispose]()
})

function broken(): never {
  throw new Error('no such luck')
}

const requestSignals = [
  {
    signal: signals.requestStarted,
    hear: (receiver: () => unknown): Disposable => signals.requestStarted.connectedTo(receiver),
  },
  {
    signal: signals.requestFinished,
    hear: (receiver: () => unknown): Disposable => signals.requestFinished.connectedTo(receiver),
  },
]

describe.each(requestSignals)('a receiver of $signal.name', ({ signal, hear }) => {
  const misdeeds: [title: string, receiver: () => unknown, message: string][] = [
    ['throws', broken, 'no such luck'],
    ['rejects', () => Promise.reject(new Error('no such luck')), 'no such luck'],
    ['never settles', () => new Promise(() => undefined), '50'],
    ['throws no error', () => Promise.reject(Object.assign(new Error(), { message: 'empty' })), 'empty'],
  ]

  test.each(misdeeds)(
    'that %s is reported, and the request is answered',
    async (_title, receiver, message) => {
      const calls = { before: 0, broken: 0, after: 0 }
      using _before = hear(() => void calls.before++)
      using _broken = hear(() => {
        calls.broken++
        return receiver()
      })
      using _after = hear(() => void calls.after++)

      const response = await fetch(`${portal.url}/api/3/action/status_show`)

      expect(response.status).toBe(200)
      expect(await response.json()).toMatchObject({ success: true })
      expect(calls).toEqual({ before: 1, broken: 1, after: 1 })
      expect(portal.failures).toHaveLength(1)
      expect(portal.failures[0]?.signal).toBe(signal)
      expect(String(portal.failures[0]?.error)).toContain(message)
    },
  )

  test('that throws leaves a 404 a 404, and a failing body a 400', async () => {
    let calls = 0
    using _broken = hear(() => {
      calls++
      throw new Error('no such luck')
    })

    expect((await fetch(`${portal.url}/nowhere`)).status).toBe(404)
    expect((await fetch(`${portal.url}/api/action/status_show`, { method: 'POST', body: '{' })).status).toBe(
      400,
    )
    expect((await fetch(`${portal.url}/%E0%A4%A`)).status).toBe(400)
    expect(calls).toBe(3)
  })
})

test('a receiver that changes what request_started told does not change what request_finished tells', async () => {
  using _broken = signals.requestStarted.connectedTo((_sender, { request }) => {
    Reflect.set(request, 'path', '/elsewhere')
  })
  let path = ''
  using _after = signals.requestFinished.connectedTo((_sender, { request }) => void (path = request.path))

  expect((await fetch(`${portal.url}/healthz`)).status).toBe(200)
  expect(path).toBe('/healthz')
})

test('muted signals reach nobody, and the request is answered', async () => {
  const receiver = vi.fn<() => void>()
  using _receiver = signals.requestStarted.connectedTo(receiver)
  using _muted = signals.requestStarted.muted()

  expect((await fetch(`${portal.url}/healthz`)).status).toBe(200)
  expect(receiver).not.toHaveBeenCalled()
})

test('a receiver that asks the portal something is answered, and that request has signals of its own', async () => {
  // With one that does not give the receiver up before it is answered.
  await portal[Symbol.asyncDispose]()
  portal = await servePortal()
  const paths: string[] = []
  using _receiver = signals.requestStarted.connectedTo(async (_sender, { request }) => {
    paths.push(request.path)
    if (request.path === '/') await fetch(`${portal.url}/healthz`)
  })
  const { status } = await fetch(`${portal.url}/`)

  expect(status).toBe(200)
  expect(paths).toEqual(['/', '/healthz'])
  expect(portal.failures).toEqual([])
})

test('a receiver for one application hears no other', async () => {
  const elsewhere = { name: 'portal' }
  const receiver = vi.fn<() => void>()
  using _receiver = signals.requestStarted.connectedTo(receiver, { sender: elsewhere })

  await fetch(`${portal.url}/healthz`)

  expect(receiver).not.toHaveBeenCalled()
})
