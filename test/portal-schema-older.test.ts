/** A portal whose database waits for an upgrade. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MemoryLogger, usePlugin } from '@aldis/core/testing'
import ModelsPlugin, { type PluginModels } from '@aldis/models'
import PortalPlugin from '@aldis/portal'
import { expect, test } from 'vitest'

const keeps = (...names: readonly string[]) => ({
  getModels: (): PluginModels => ({
    entities: [],
    migrations: names.map((name) => ({ name, up: ['select 1'] })),
  }),
})

test('the error says that the database is older, and nothing else does', { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aldis-older-'))
  const logger = new MemoryLogger()
  const portal = (shop: object) =>
    usePlugin(
      { name: 'portal', plugin: PortalPlugin, requires: { models: '*' } },
      {
        settings: { port: 0, folder },
        with: [
          { name: 'models', plugin: ModelsPlugin, settings: { folder: join(folder, 'data') } },
          { name: 'shop', plugin: shop },
        ],
        logger,
      },
    )
  try {
    const made = await portal(keeps('0001_shop'))
    await made.start()
    await made.stop()
    await using older = await portal(keeps('0001_shop', '0002_shop'))

    await expect(older.serve(new AbortController().signal)).rejects.toThrow(
      'The database is older than the code: 1 migration waits (shop/0002_shop). Run "aldis db upgrade".',
    )
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
