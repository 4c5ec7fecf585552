import type { Database } from './database.ts'
import { postMigrate, postUpgrade, preMigrate, type Upgraded } from './model-signals.ts'
import { pluginOf } from './schema-version.ts'

/** Bring the schema of `database` to the newest version, and tell those who listen. */
export async function upgrade(
  database: Database,
  by: 'command' | 'start',
  terminal: Pick<Upgraded, 'ask' | 'tell'>,
): Promise<readonly string[]> {
  const { pending } = await database.schema.status()
  for (const [plugin, migrations] of byPlugin(pending)) await preMigrate.sendAsync(plugin, { migrations })
  const ran = await database.schema.upgrade()
  await database.check()
  const applied = ran.map(({ id }) => id)
  for (const [plugin, migrations] of byPlugin(applied)) await postMigrate.sendAsync(plugin, { migrations })
  await postUpgrade.sendRobustAsync(by, { applied, ...terminal })
  return applied
}

function byPlugin(ids: readonly string[]): Map<string, string[]> {
  return Map.groupBy(ids, pluginOf)
}
