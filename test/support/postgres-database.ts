/** Fresh databases on a PostgreSQL server, each with a name that nobody else uses. */
import { randomUUID } from 'node:crypto'

import { Client } from 'pg'

/** Make an empty database on the server of `serverUrl`; resolves with the URL of the new database. */
export async function createDatabase(serverUrl: string): Promise<string> {
  const name = `aldis_test_${randomUUID().replaceAll('-', '')}`
  // The other template counts as in use while anybody is connected to it, and may hold somebody's tables.
  await runSql(serverUrl, `create database ${name} template template0 encoding 'UTF8'`)
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Drop what {@link createDatabase} made; whoever is still connected to `databaseUrl` is cut off. */
export async function dropDatabase(serverUrl: string, databaseUrl: string): Promise<void> {
  const name = new URL(databaseUrl).pathname.slice(1)
  await runSql(serverUrl, `drop database if exists "${name}" with (force)`)
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
