/** Where the portal listens, and what it says when it cannot. */
import { usePlugin } from '@aldis/core/testing'
import PortalPlugin from '@aldis/portal'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test, vi } from 'vitest'

/** Serve with `PORT` and `HOST` as given; the address, or the failure. */
async function serveWith(
  env: Readonly<Record<string, string>>,
  settings: Record<string, unknown> = {},
): Promise<string> {
  for (const name of ['PORT', 'HOST']) vi.stubEnv(name, env[name])
  await using host = await usePlugin({ name: 'portal', plugin: PortalPlugin }, { settings })
  const stop = new AbortController()
  const ready = Promise.withResolvers<string>()
  const serving = host.serve(stop.signal, { onReady: ([address = '']) => ready.resolve(address) })
  serving.catch(ready.reject)
  const address = await ready.promise
  stop.abort()
  await serving
  return address
}

test('PORT and HOST take precedence over the settings', async () => {
  expect(await serveWith({ PORT: '0', HOST: '127.0.0.2' }, { port: 1, host: '192.0.2.1' })).toMatch(
    /^http:\/\/127\.0\.0\.2:\d+$/,
  )
  expect(await serveWith({ PORT: ' ', HOST: '' }, { port: 0, host: '127.0.0.3' })).toContain('//127.0.0.3:')
})

test('every address of the machine is told as one that can be opened', async () => {
  expect(await serveWith({ PORT: '0', HOST: '0.0.0.0' })).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
})

test('localhost is one server, which is waited for as a whole', async () => {
  expect(await serveWith({ PORT: '0', HOST: 'localhost' })).toMatch(/^http:\/\/(?:127\.0\.0\.1|\[::1\]):\d+$/)
})

describe('a port that cannot be had is one line that says what to do:', () => {
  test('taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0

    const failure = serveWith({ PORT: String(port) })
    await expect(failure).rejects.toMatchObject({ code: 'PORT_TAKEN', port, host: '127.0.0.1' })
    await expect(failure).rejects.toThrow(/^[^\n]*PORT=\d+[^\n]*$/)
    other.close()
  })

  test.each(['http', '65536', '-1', '80.5', '0x50', '1e3'])('PORT=%s', async (value) => {
    const failure = serveWith({ PORT: value })
    await expect(failure).rejects.toMatchObject({ code: 'PORT_INVALID', value })
    await expect(failure).rejects.toThrow(/^[^\n]*65535[^\n]*$/)
  })

  test.each(['no-such-host.invalid', '192.0.2.1', 'not a host'])('HOST=%s', async (host) => {
    const failure = serveWith({ PORT: '0', HOST: host })
    await expect(failure).rejects.toMatchObject({ code: 'HOST_UNUSABLE', host })
    await expect(failure).rejects.toThrow(/^[^\n]*HOST=127\.0\.0\.1[^\n]*$/)
  })
})

describe('settings that cannot be used are refused at load:', () => {
  test.each([
    ['port', 70_000],
    ['port', '5000'],
    ['title', ''],
    ['siteUrl', 'ftp://example.org'],
    ['siteUrl', 'example.org'],
    ['locale', 'en"><script>'],
    ['receiverTimeoutMs', 0],
    ['stopTimeoutMs', -1],
    ['titel', 'x'],
  ])('%s: %j', async (key, value) => {
    const load = usePlugin({ name: 'portal', plugin: PortalPlugin }, { settings: { [key]: value } })

    await expect(load).rejects.toThrow(`settings.portal.${key}`)
  })
})
