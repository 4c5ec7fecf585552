import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder, root } from './repository.ts'
import { runProcess } from './run-process.ts'

let folder = ''

beforeEach(() => {
  folder = makeFolder('tally-')
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/** Runs a suite of `files` in a vitest of its own, with the reporter that the repository's suite has. */
async function tally(files: Readonly<Record<string, string>>): Promise<{ code: number; lines: string[] }> {
  const config = `
    import { TallyReporter } from '../../support/tally-reporter.ts'
    export default { root: import.meta.dirname, test: { reporters: ['default', new TallyReporter()] } }
  `
  writeFileSync(join(folder, 'vitest.config.ts'), config)
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(folder, name), `import { afterAll, describe, test } from 'vitest'\n${body}\n`)
  }
  const vitest = join(root, 'node_modules/.bin/vitest')
  const { code, stdout } = await runProcess(vitest, ['run', '--config', join(folder, 'vitest.config.ts')], {
    cwd: folder,
  })
  return { code, lines: stdout.trimEnd().split('\n') }
}

test('the last line counts the tests that passed, failed and were skipped', async () => {
  const { code, lines } = await tally({
    'a.test.ts': `
      test('one', () => {})
      test('two', () => {})
      test('three', () => { throw new Error('no') })
      test('four', (context) => { context.skip('the moon is full') })
    `,
  })

  expect(lines.at(-1)).toBe('2 passed, 1 failed, 1 skipped')
  expect(lines.at(-2)).toBe('skipped: a.test.ts: four (the moon is full)')
  expect(code).toBe(1)
})

test('a file that cannot be imported, a hook that throws and a stray error are failures', async () => {
  const { code, lines } = await tally({
    'a.test.ts': `import './missing.ts'\ntest('never', () => {})`,
    'b.test.ts': `describe('suite', () => { afterAll(() => { throw new Error('late') }); test('fine', () => {}) })`,
    'c.test.ts': `test('fine', () => { void Promise.reject(new Error('stray')) })`,
  })

  expect(lines.at(-1)).toBe('2 passed, 3 failed, 0 skipped')
  expect(code).toBe(1)
})

test('what the machine lacks is named once, however many tests it leaves out', async () => {
  const { code, lines } = await tally({
    'a.test.ts': `
      describe('browser', { skip: true, meta: { leftOut: 'left out: tests that need chromium' } }, () => {
        test('one', () => {})
        describe('deeper', () => { test('two', () => {}) })
      })
      test('fine', () => {})
    `,
  })

  expect(lines.slice(-2)).toEqual(['left out: tests that need chromium', '1 passed, 0 failed, 2 skipped'])
  expect(code).toBe(0)
})
