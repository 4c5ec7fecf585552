import { Client } from 'pg'
import { describe, expect, test } from 'vitest'

import { describeDatabases, type DatabaseSettings } from './databases.ts'
import { requires } from './requirements.ts'

const seen: DatabaseSettings[] = []

describeDatabases('a suite', (database) => {
  test('gets settings for a fresh database of the kind in its title', async () => {
    const first = await database.settings()
    const second = await database.settings()
    seen.push(first, second)

    if (database.name === 'PGlite') expect([first, second]).toEqual([{ folder: null }, { folder: null }])
    else {
      expect(first).not.toEqual(second)
      expect(await tablesOf(first)).toEqual([])
      await ask(first, 'create table leaf (id int)')
      expect(await tablesOf(first)).toEqual(['leaf'])
      expect(await tablesOf(second)).toEqual([])
    }
  })

  test('gets settings that are its own in every test', async () => {
    const settings = await database.settings()

    if (database.name === 'PostgreSQL') expect(seen).not.toContainEqual(settings)
  })
})

describe('after the suite', requires('postgres'), () => {
  test('PGlite had its turn first, and the databases on PostgreSQL are gone', async () => {
    const [first, , third] = seen

    expect(first).toEqual({ folder: null })
    await expect(ask(third, 'select 1')).rejects.toThrow(/database "aldis_test_\w+" does not exist/)
  })
})

async function tablesOf(settings: DatabaseSettings): Promise<unknown[]> {
  const rows = await ask(settings, `select relname from pg_stat_user_tables`)
  return rows.map((row) => row['relname'])
}

async function ask(settings: DatabaseSettings | undefined, sql: string): Promise<Record<string, unknown>[]> {
  if (settings === undefined || !('url' in settings)) throw new Error('These settings have no URL.')
  const client = new Client({ connectionString: settings.url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}
