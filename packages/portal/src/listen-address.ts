import { lookup } from 'node:dns/promises'

import { messageOf } from '@aldis/core'

import { HostUnusableError, PortDeniedError, PortInvalidError, PortTakenError } from './server-errors.ts'

/** Where to listen. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/**
 * Where to listen: what the settings say, where `HOST` and `PORT` of `env` say nothing.
 *
 * @throws PortInvalidError when `PORT` is no port
 */
export function listenAddress(
  settings: ListenAddress,
  env: Readonly<Record<string, string | undefined>>,
): ListenAddress {
  const host = env['HOST']?.trim()
  const port = env['PORT']?.trim()
  return {
    host: host === undefined || host === '' ? settings.host : host,
    port: port === undefined || port === '' ? settings.port : parsePort(port),
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new PortInvalidError(text)
  return port
}

/**
 * Call `listen` with the address and return what it returns.
 *
 * `localhost` is given as the one address that it stands for: Fastify would open
 * a second server for the other one, and would not wait for that one's requests when it stops.
 *
 * @throws PortTakenError, PortDeniedError or HostUnusableError instead of the system's error
 */
export async function listenAt<T>(
  { host, port }: ListenAddress,
  listen: (address: ListenAddress) => Promise<T>,
): Promise<T> {
  try {
    return await listen({ host: host === 'localhost' ? (await lookup(host)).address : host, port })
  } catch (error) {
    throw explain(error, host, port)
  }
}

function explain(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return new PortTakenError(host, port, { cause: error })
    case 'EACCES':
      return new PortDeniedError(host, port, { cause: error })
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new HostUnusableError(host, 'no such host name', { cause: error })
    case 'EADDRNOTAVAIL':
      return new HostUnusableError(host, 'not an address of this machine', { cause: error })
    case 'EINVAL':
      return new HostUnusableError(host, messageOf(error), { cause: error })
    default:
      return error
  }
}
