/**
 * Writes `docs/schema.txt`: the schema that the plugins of this repository make, so that a change of it is seen by
 * whoever reads the commit. `test/schema.test.ts` compares the two, and the same on PostgreSQL.
 *
 *     node test/checks/schema.ts --write
 *
 * Without `--write` it prints JSON: the schema, and what the entities need that it has not.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { createHost, silentLogger } from '@aldis/core'
import { em } from '@aldis/models'

import { root } from '../support/repository.ts'
import { dumpSchema } from '../support/schema-dump.ts'

/** Those that are kept here: what else somebody enables in aldis.config.yaml is no part of the schema. */
const plugins = [
  'models',
  'outbox',
  'portal',
  'datastore',
  'user_email',
  'activity',
  'feature_adoption',
  'first_user',
  'example_isignal',
  'request_log',
]

const url = process.env['SCHEMA_DATABASE_URL']
await using host = await createHost({
  config: {
    pluginPaths: ['packages/*', 'plugins/*'],
    plugins,
    settings: { models: { folder: null, ...(url !== undefined && { url }) } },
  },
  cwd: root,
  env: {},
  logger: silentLogger,
})
await host.load()
await host.start()

const own = em()
const schema = await dumpSchema(own)
if (process.argv.includes('--write')) {
  writeFileSync(join(root, 'docs/schema.txt'), schema)
} else {
  const generator = own.getPlatform().getSchemaGenerator(own.getDriver(), own)
  const difference: unknown = await generator.getUpdateSchemaSQL({ dropTables: false, safe: false })
  // Names of constraints, indexes, defaults and what queries alone know are the migrations' matter; an entity's text
  // has no length.
  const matters = /create table|add column|(?:set|drop) not null|type (?!varchar\(255\))/
  const missing = String(difference)
    .split(/;\n+/)
    .filter((statement) => matters.test(statement))
  process.stdout.write(JSON.stringify({ schema, missing }))
}
