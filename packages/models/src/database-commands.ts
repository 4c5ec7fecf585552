import {
  readConfig,
  type Command,
  type CommandContext,
  type Host,
  textTable,
  type TextColumn,
} from '@aldis/core'

import { nameOf } from './database-location.ts'
import { openDatabase } from './open-database.ts'
import { pluginOf, type SchemaStatus } from './schema-version.ts'
import { upgrade } from './upgrade.ts'

const COLUMNS: readonly TextColumn[] = [
  { header: 'PLUGIN' },
  { header: 'MIGRATION', flexible: true },
  { header: 'STATE' },
  { header: 'AT' },
]

/** The commands that see to the schema. */
export const databaseCommands: readonly Command[] = [
  {
    name: 'db upgrade',
    description: 'Run the migrations that wait: the database becomes as new as the code',
    needs: 'start',
    run: (_args, context) => upgradeCommand(context),
  },
  {
    name: 'db status',
    description: 'Show which migrations have run, and which wait',
    options: [{ name: 'json', description: 'print one JSON document instead of a table', type: 'boolean' }],
    needs: 'start',
    run: ({ options }, context) => statusCommand(context, options['json'] === true),
  },
]

async function upgradeCommand({ host, stdout, stderr, ask }: CommandContext): Promise<void> {
  const database = openDatabase()
  const applied = await upgrade(database, 'command', { tell: (line) => stderr(`${line}\n`), ask })
  for (const id of applied) stdout(`${id}\n`)
  stderr(
    `${applied.length === 0 ? 'Nothing to do' : counted(applied.length, 'migration')}: ${newest(await database.schema.status())}\n`,
  )
  const missed = await enabledSince(host)
  if (missed.length > 0) {
    stderr(
      `This was for the plugins that the running host was started with, without ${missed.join(', ')}: stop it, run ` +
        '"aldis db upgrade" again, and start it.\n',
    )
  }
}

/** The plugins that the configuration of `host` enables now and did not when `host` read it. */
async function enabledSince({ config: { path, root, values } }: Host): Promise<readonly string[]> {
  if (path === undefined) return []
  const { values: now } = await readConfig({ config: path, cwd: root })
  return now.plugins.filter((name) => !values.plugins.includes(name))
}

function newest({ applied }: SchemaStatus): string {
  return `the database is as new as the code, with ${counted(applied.length, 'migration')}.`
}

async function statusCommand(context: CommandContext, json: boolean): Promise<void> {
  const { location, schema } = openDatabase()
  const status = await schema.status()
  const rows = [
    ...status.applied.map(({ id, at }) => ({ ...split(id), state: 'applied', at })),
    ...status.pending.map((id) => ({ ...split(id), state: 'waiting', at: null })),
  ]
  if (json) {
    const document = {
      $schema: 'https://aldis.dev/schemas/db-status.v1.json',
      version: 1,
      database: location.kind,
      migrations: rows,
    }
    context.stdout(`${JSON.stringify(document, null, 2)}\n`)
    return
  }
  if (rows.length > 0) {
    const cells = rows.map(({ plugin, name, state, at }) => ({ cells: [plugin, name, state, at ?? '-'] }))
    context.stdout(textTable(COLUMNS, cells, context.isTTY ? context.columns : undefined))
  }
  const waiting = status.pending.length
  context.stderr(
    `\n${location.kind} ${nameOf(location)}: ${counted(status.applied.length, 'migration')} applied, ${waiting} waiting.` +
      `${waiting > 0 ? ' Run "aldis db upgrade".' : ''}\n`,
  )
}

function split(id: string): { plugin: string; name: string } {
  const plugin = pluginOf(id)
  return { plugin, name: id.slice(plugin.length + 1) }
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
