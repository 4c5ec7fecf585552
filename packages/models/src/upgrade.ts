import type { Database } from './database.ts'
import { postMigrate, postUpgrade, preMigrate, type Upgraded } from './model-signals.ts'
import { pluginOf } from './schema-version.ts'

/** Bring the schema of `database` to the newest version, and tell those who listen. */
export async function upgrade(
  database: Database,
  by: 'command' | 'start',
  terminal: Pick<Upgraded, 'ask' | 'tell'>,
): Promise<readonly string[]> {
  const migrated = await database.schema.upgrade(async (pending) => {
    for (const [plugin, migrations] of byPlugin(pending)) await preMigrate.sendAsync(plugin, { migrations })
  })
  const applied = [...migrated, ...(await database.schema.upgradeLibraries())]
  await database.check()
  for (const [plugin, migrations] of byPlugin(applied)) await postMigrate.sendAsync(plugin, { migrations })
  // Of hosts that start at once on an empty database, one has made it.
  if (by === 'command' || applied.length > 0) await postUpgrade.sendRobustAsync(by, { applied, ...terminal })
  return applied
}

function byPlugin(ids: readonly string[]): Map<string, string[]> {
  return Map.groupBy(ids, pluginOf)
}
