/**
 * Breaks the outbox on purpose, in a copy of the repository, and looks whether the test that is named for it notices.
 *
 *     npm run mutations            all of them, some minutes
 *     npm run mutations -- shard   those whose name has the word
 *
 * Ends with 1 when a test stays green, when one is red without a mutation, or when a mutation does not fit the source any
 * more. Needs PostgreSQL: what is broken may show there alone.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import { z } from 'zod'

import { mutations, type Mutation } from '../support/outbox-mutations.ts'
import { root } from '../support/repository.ts'

const Report = z.object({
  testResults: z.array(
    z.object({ assertionResults: z.array(z.object({ title: z.string(), status: z.string() })) }),
  ),
})

/** What git has or would add, with the dependencies that are installed. */
async function copyRepository(copy: string): Promise<void> {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const files = listed.split('\n').filter((path) => path !== '')
  for (const path of files) {
    await mkdir(dirname(join(copy, path)), { recursive: true })
    // A file that is deleted and not committed is listed still.
    await cp(join(root, path), join(copy, path), { verbatimSymlinks: true }).catch(unlessMissing)
  }
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'))
  const packages = files.filter((path) => path.endsWith('/package.json')).map((path) => dirname(path))
  for (const folder of packages) {
    const modules = join(folder, 'node_modules')
    await cp(join(root, modules), join(copy, modules), { recursive: true, verbatimSymlinks: true }).catch(
      unlessMissing,
    )
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
}

/** Whether each of `tests` is green in the repository at `copy`, by title; undefined for those that did not run. */
async function run(
  copy: string,
  tests: readonly Mutation['test'][],
): Promise<(test: Mutation['test']) => boolean | undefined> {
  const report = join(copy, 'report.json')
  await rm(report, { force: true })
  const titles = tests.map(([, title]) => title.replaceAll(/[^\w ]/g, '.'))
  const files = new Set(tests.map(([file]) => `test/${file}`))
  const vitest = spawn(
    process.execPath,
    [
      join(copy, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--config=test/vitest.config.ts',
      `--testNamePattern=${titles.join('|')}`,
      '--reporter=json',
      `--outputFile=${report}`,
      ...files,
    ],
    { cwd: copy, stdio: 'ignore', env: { ...process.env, ALDIS_REQUIRE: 'postgres' } },
  )
  await once(vitest, 'exit')
  const { testResults } = Report.parse(JSON.parse(await readFile(report, 'utf8')))
  const ran = testResults.flatMap(({ assertionResults }) => assertionResults)
  return ([, title]) => {
    const own = ran.filter(
      (test) => test.title.startsWith(title) && ['passed', 'failed'].includes(test.status),
    )
    return own.length === 0 ? undefined : own.every(({ status }) => status === 'passed')
  }
}

/** Run the test of `mutation` with it, and return what is wrong, if anything is. */
async function tryOut(copy: string, { file, from, to, test }: Mutation): Promise<string | undefined> {
  const path = join(copy, 'packages/outbox/src', file)
  const source = await readFile(path, 'utf8')
  if (source.split(from).length !== 2)
    return `its text is ${source.split(from).length - 1} times in ${file}, not once`
  await writeFile(
    path,
    source.replace(from, () => to),
  )
  const isGreen = await run(copy, [test])
  await writeFile(path, source)
  if (isGreen(test) === undefined) return 'its test did not run'
  return isGreen(test) === true ? 'its test stayed green' : undefined
}

const words = process.argv.slice(2)
const chosen = mutations.filter(({ name }) =>
  words.every((word) => name.toLowerCase().includes(word.toLowerCase())),
)
const copy = await mkdtemp(join(tmpdir(), 'aldis-mutations-'))
const problems: string[] = []
try {
  await copyRepository(copy)
  const tests = chosen.map(({ test }) => test)
  const isGreen = await run(copy, tests)
  for (const [file, title] of tests.filter((test) => isGreen(test) !== true)) {
    problems.push(`Without a mutation this is red or does not run: ${file}: ${title}`)
  }
  for (const mutation of problems.length > 0 ? [] : chosen) {
    const [file, title] = mutation.test
    const problem = await tryOut(copy, mutation)
    console.log(`${mutation.name}\n  ${problem ?? 'red'}: ${file}: ${title}`)
    if (problem !== undefined) problems.push(`${mutation.name} But ${problem}: ${file}: ${title}`)
  }
} finally {
  await rm(copy, { recursive: true, force: true })
}
console.log(problems.length > 0 ? `\n${problems.join('\n')}` : `\n${chosen.length} mutations, all seen.`)
process.exitCode = problems.length > 0 || chosen.length === 0 ? 1 : 0
