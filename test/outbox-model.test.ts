/**
 * Random programs against the outbox: transactions that commit or do not, receivers that fail or hang, workers that die,
 * pause or are stopped, an operator, time. What it promises holds after every step, and nothing is missing in the end.
 */
import * as fc from 'fast-check'
import { afterAll, beforeAll, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { OutboxModel } from './support/outbox-model.ts'
import { settle, steps } from './support/outbox-model-commands.ts'
import { OutboxSystem } from './support/outbox-model-system.ts'

describeDatabases('the outbox', (database) => {
  let system: OutboxSystem
  beforeAll(async () => {
    system = await OutboxSystem.start(await database.settings())
  })
  afterAll(() => system[Symbol.asyncDispose]())

  test('keeps its promises in random programs', { timeout: 600_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 30, size: 'max' }), async (program) => {
        const model = new OutboxModel()
        await system.reset()
        try {
          await fc.asyncModelRun(() => ({ model, real: system }), program)
          await settle(system, model)
        } finally {
          await system.end()
        }
      }),
      { numRuns: database.name === 'PGlite' ? 100 : 25 },
    )
  })
})
