/** The schema that the plugins of this repository make is the one in docs/schema.txt, and what their entities say. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { root } from './support/repository.ts'
import { runProcess } from './support/run-process.ts'

const Made = z.object({ schema: z.string(), missing: z.array(z.string()) })
const howTo = 'node test/checks/schema.ts --write'

describeDatabases('the schema of the plugins of this repository', (database) => {
  test('is written down, and is what the entities say', { timeout: 60_000 }, async () => {
    const settings = await database.settings()
    const { stdout, stderr } = await runProcess(process.execPath, ['test/checks/schema.ts'], {
      cwd: root,
      env: 'url' in settings ? { SCHEMA_DATABASE_URL: settings.url } : {},
    })
    expect(stderr).toBe('')
    const { schema, missing } = Made.parse(JSON.parse(stdout))

    expect(schema, `docs/schema.txt is as it was: ${howTo}`).toBe(
      readFileSync(join(root, 'docs/schema.txt'), 'utf8'),
    )
    expect(missing, 'the entities need more than the migrations make').toEqual([])
  })
})
