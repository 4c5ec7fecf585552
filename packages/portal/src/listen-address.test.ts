import { expect, test } from 'vitest'

import { listenAddress, listenAt } from './listen-address.ts'

/** Equal to every text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

const settings = { host: '127.0.0.1', port: 5000 }

test('the environment takes precedence where it says something', () => {
  expect(listenAddress(settings, {})).toEqual(settings)
  expect(listenAddress(settings, { PORT: '', HOST: ' ' })).toEqual(settings)
  expect(listenAddress(settings, { PORT: ' 0 ', HOST: ' ::1 ' })).toEqual({ host: '::1', port: 0 })
  expect(listenAddress(settings, { PORT: '65535' })).toEqual({ host: '127.0.0.1', port: 65_535 })
})

/** What listening at `address` fails with when the system answers `code`. */
async function failureOf(code: string, address = settings): Promise<unknown> {
  const refuse = (): Promise<never> => Promise.reject(Object.assign(new Error(`listen ${code}`), { code }))
  return listenAt(address, refuse).catch((error: unknown) => error)
}

test.each([
  ['EADDRINUSE', 'PORT_TAKEN', 'PORT=5001'],
  ['EACCES', 'PORT_DENIED', 'PORT=5000'],
  ['ENOTFOUND', 'HOST_UNUSABLE', 'no such host name'],
  ['EAI_AGAIN', 'HOST_UNUSABLE', 'no such host name'],
  ['EADDRNOTAVAIL', 'HOST_UNUSABLE', 'not an address of this machine'],
  ['EINVAL', 'HOST_UNUSABLE', 'listen EINVAL'],
])('%s becomes %s, in one line that says what to do', async (systemCode, code, advice) => {
  const failure = await failureOf(systemCode)

  expect(failure).toMatchObject({
    code,
    message: containing(advice),
    cause: { code: systemCode },
  })
  expect(String(failure)).not.toContain('\n')
})

test('the last port is not told to use the one after it', async () => {
  expect(await failureOf('EADDRINUSE', { host: '127.0.0.1', port: 65_535 })).toMatchObject({
    message: containing('PORT=65534'),
  })
})

test('what is not known comes out unchanged', async () => {
  expect(await failureOf('EMFILE')).toMatchObject({ code: 'EMFILE', message: 'listen EMFILE' })
})

test('localhost is listened at as one address', async () => {
  const hosts: string[] = []
  await listenAt({ host: 'localhost', port: 0 }, async ({ host }) => hosts.push(host))
  expect(['127.0.0.1', '::1']).toContain(hosts[0])
})
