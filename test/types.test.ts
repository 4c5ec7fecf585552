/**
 * The type tests bite only where the compiler reads them: the test runner strips types and runs the rest.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from './support/repository.ts'
import { runProcess } from './support/run-process.ts'

test('every source, test and type test compiles', { timeout: 300_000 }, async () => {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const { code, stdout } = await runProcess(tsc, ['-p', 'test/tsconfig.json', '--pretty', 'false'], {
    cwd: root,
    timeoutMs: 280_000,
  })

  expect(stdout.trim().split('\n').slice(0, 50)).toEqual([''])
  expect(code).toBe(0)
})
