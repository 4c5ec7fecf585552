import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { z } from 'zod'

import { requiresThrowawayPostgres, startPostgres, type PostgresServer } from './postgres-server.ts'
import { requires } from './requirements.ts'

describe('a PostgreSQL server', requires('postgres'), () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  test('makes databases that are empty and apart', async () => {
    const [first, second] = [await server.createDatabase(), await server.createDatabase()]
    await ask(first, 'create table leaf (id int)')

    await expect(ask(second, 'select * from leaf')).rejects.toThrow('relation "leaf" does not exist')
  })

  test('is given by DATABASE_URL: its databases are dropped at the end, and it is never restarted', async () => {
    vi.stubEnv('DATABASE_URL', server.url)
    const given = await startPostgres()
    const database = await given.createDatabase()

    expect(await ask(database, 'select 1 as one')).toEqual([{ one: 1 }])
    await expect(given.restart()).rejects.toThrow('The server of DATABASE_URL is not restarted')

    await given.stop()
    await expect(ask(database, 'select 1')).rejects.toThrow('does not exist')
    expect(await ask(server.url, 'select 1 as one')).toEqual([{ one: 1 }])
  })
})

describe('a throwaway PostgreSQL server', requiresThrowawayPostgres(), () => {
  test('restarts with its data on the same port, and cuts off who was connected', async () => {
    await using server = await startPostgres()
    const database = await server.createDatabase()
    await ask(database, 'create table leaf as select 7 as id')
    const client = new Client({ connectionString: database })
    const errors: Error[] = []
    client.on('error', (error) => errors.push(error))
    await client.connect()

    await server.restart()

    await vi.waitFor(() => expect(errors[0]).toMatchObject({ code: '57P01' }), { timeout: 10_000 })
    expect(await ask(database, 'select id from leaf')).toEqual([{ id: 7 }])
  })

  test('takes 200 connections, sorts by code point and folds letters of every language', async () => {
    await using server = await startPostgres()

    const [row] = await ask(
      server.url,
      `select current_setting('max_connections') as connections, 'a' > 'B' as by_code_point, lower('É') as lower`,
    )

    expect(row).toEqual({ connections: '200', by_code_point: true, lower: 'é' })
  })

  test('leaves no process and no file when it has stopped, however often it is told to', async () => {
    const server = await startPostgres()
    const folder = await folderOf(server.url)

    await server.stop()
    await server.stop()

    expect(existsSync(folder)).toBe(false)
    await expect(ask(server.url, 'select 1')).rejects.toThrow('ECONNREFUSED')
    await expect(server.restart()).rejects.toThrow('does not run')
  })

  test('ends, and deletes its data, when the process that started it is killed', async () => {
    const module = JSON.stringify(new URL('postgres-server.ts', import.meta.url).href)
    const source = `const { startPostgres } = await import(${module}); console.log((await startPostgres()).url)`
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = z.tuple([z.instanceof(Buffer)]).parse(await once(owner.stdout, 'data'))
    const url = line.toString().trim()
    const folder = await folderOf(url)
    expect(existsSync(folder)).toBe(true)

    owner.kill('SIGKILL')

    await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 10_000 })
    await expect(ask(url, 'select 1')).rejects.toThrow('ECONNREFUSED')
  })

  test('says what PostgreSQL said when it does not start', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'aldis-no-postgres-'))
    for (const program of ['initdb', 'postgres', 'pg_ctl']) {
      await writeFile(join(folder.path, program), '#!/bin/sh\necho "the disk is full" >&2\nexit 1\n', {
        mode: 0o755,
      })
    }
    await chmod(folder.path, 0o755)
    vi.stubEnv('PATH', `${folder.path}:${process.env['PATH']}`)

    await expect(startPostgres()).rejects.toThrow(
      `PostgreSQL of ${folder.path} does not run: the disk is full`,
    )
  })
})

async function folderOf(url: string): Promise<string> {
  const [row] = await ask(url, 'show unix_socket_directories')
  return z.string().parse(row?.['unix_socket_directories'])
}

async function ask(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}
