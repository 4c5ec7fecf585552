/**
 * Guards the top of the repository: a newcomer reads it first, so nothing stands there that is not in this list.
 *
 * Configuration that a tool wants at the top goes into a dotfile or next to what it configures.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../support/repository.ts'

const expected = [
  'CONTRIBUTING.md',
  'LICENSE',
  'README.md',
  'aldis.config.yaml',
  'docs',
  'package.json',
  'packages',
  'plugins',
  'pnpm-lock.yaml',
  'pnpm-workspace.yaml',
  'test',
  'tsconfig.json',
  'turbo.json',
]

const found = new Set(
  entries()
    .map((path) => path.split('/', 1)[0] ?? '')
    .filter((name) => name !== '' && !name.startsWith('.')),
)

const problems = [
  ...[...found]
    .filter((name) => !expected.includes(name))
    .map((name) => `"${name}" does not belong at the top level.`),
  ...expected.filter((name) => !found.has(name)).map((name) => `"${name}" is missing at the top level.`),
]
if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error('top level: see the list in test/checks/top-level.ts.')
  process.exit(1)
}
console.log(`top level: exactly the ${expected.length} entries it should have.`)

/** What git has, or would add: build output and a newcomer's own ignored files are nobody's business. */
function entries(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return listed.split('\n')
  } catch {
    // No git on this machine, or a checkout that it does not trust because somebody else owns it.
    const ignored = readFileSync(join(root, '.gitignore'), 'utf8')
      .split('\n')
      .map((line) => line.replace(/\/$/, ''))
    return readdirSync(root).filter((name) => !ignored.includes(name))
  }
}
