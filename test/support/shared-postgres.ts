/**
 * The set-up of a run: one PostgreSQL server for all test files, started when the first of them asks for it.
 *
 * The files run in processes of their own, so this process, which outlives them, keeps the server. It tells
 * the server's URL, or why there is none, to whoever connects to a local port.
 */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

import type { TestProject } from 'vitest/node'

import { startPostgres, type PostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    sharedPostgresPort: number
  }
}

/** Resolves with what ends the server, if one was started. vitest calls both. */
export default async function sharedPostgres(project: TestProject): Promise<() => Promise<void>> {
  let started: Promise<PostgresServer> | undefined
  const answer = async (socket: Socket): Promise<void> => {
    started ??= startPostgres()
    socket.end(
      await started.then(
        ({ url }) => url,
        (error: unknown) => String(error),
      ),
    )
  }
  const desk = createServer((socket) => {
    socket.on('error', () => undefined)
    void answer(socket)
  })
  desk.listen(0, '127.0.0.1')
  await once(desk, 'listening')
  const address = desk.address()
  if (address === null || typeof address === 'string') throw new Error('The port has no number.')
  project.provide('sharedPostgresPort', address.port)
  return async () => {
    desk.close()
    // That it did not start was said to the tests that asked.
    const server = await started?.catch(() => undefined)
    await server?.stop()
  }
}
