/**
 * Every TypeScript example of the documentation compiles, and prints what the page says it prints.
 *
 * All examples are compiled in one run against the built packages, as an application would; those with an
 * output are then run by Node itself. A block that starts with a comment naming its file (`// greet.ts`) can
 * be imported by later blocks of the same page.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { allExamples, type Example } from './support/examples.ts'
import { makeFolder, root } from './support/repository.ts'
import { runProcess, type Finished } from './support/run-process.ts'

const folder = makeFolder('examples-')
const placed = place(allExamples())
let diagnostics = new Map<string, string[]>()

beforeAll(async () => {
  for (const [path, { code, exempt }] of placed) {
    if (exempt !== undefined) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `${code}\n`)
  }
  const compilerOptions = {
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    sourceMap: false,
    noEmit: true,
    types: ['node'],
    allowImportingTsExtensions: true,
    moduleDetection: 'force',
    // An example shows a name being made; it need not use it.
    noUnusedLocals: false,
    noUnusedParameters: false,
  }
  const tsconfig = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions,
    references: [],
    include: ['**/*.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const options = { cwd: folder, timeoutMs: 280_000 }
  diagnostics = diagnosticsIn(await runProcess(tsc, ['-p', '.', '--pretty', 'false'], options))
}, 300_000)

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

describe('the examples', () => {
  for (const [path, example] of placed) {
    const { output, exempt } = example
    const title = `of ${example.file}:${example.line} ${output === undefined ? 'compiles' : 'compiles and prints what it says'}`

    test(title, { timeout: 60_000 }, async (context) => {
      if (exempt !== undefined) {
        expect(exempt, 'a block with no-check says why, on the same line').not.toBe('')
        context.skip(`not compiled: ${exempt}`)
      }
      expect(diagnostics.get(path) ?? [], 'the compiler accepts the example').toEqual([])
      if (output === undefined) return

      const { code, stdout, stderr } = await runProcess(process.execPath, [path], { cwd: dirname(path) })
      expect(code, `${example.file}:${example.line} exits with 0; it wrote: ${stderr}`).toBe(0)
      expect(stdout.trim(), `${example.file}:${example.line} prints`).toBe(output.trim())
    })
  }

  test('leave the compiler nothing to say about anything but the examples', () => {
    const elsewhere = [...diagnostics]
      .filter(([path]) => !placed.has(path))
      .flatMap(([, messages]) => messages)

    expect(elsewhere).toEqual([])
  })
})

/** Gives each example a file; those of one page share a folder. */
function place(examples: readonly Example[]): Map<string, Example> {
  const byPath = new Map<string, Example>()
  for (const example of examples) {
    const page = join(folder, example.file.replaceAll(/[^\w]+/g, '-'))
    const named = /^\/\/ (?<name>[\w-]+(?:\/[\w-]+)*\.ts)$/m.exec(example.code.split('\n', 1)[0] ?? '')
      ?.groups?.['name']
    const wanted = named === undefined ? undefined : join(page, named)
    byPath.set(
      wanted === undefined || byPath.has(wanted) ? join(page, `line-${example.line}.ts`) : wanted,
      example,
    )
  }
  return byPath
}

/** The compiler's messages by file, each with the line of the document it is about. */
function diagnosticsIn({ stdout, stderr }: Finished): Map<string, string[]> {
  const byFile = new Map<string, string[]>()
  for (const message of `${stdout}${stderr}`.split(/\n(?! )/)) {
    if (message.trim() === '') continue
    const { file, line, rest } =
      /^(?<file>[^(\n]+)\((?<line>\d+),\d+\): (?<rest>[^]*)$/.exec(message)?.groups ?? {}
    const path = join(folder, file ?? '')
    const example = placed.get(path)
    const where = example === undefined ? '' : `${example.file}:${example.line + Number(line) - 1}: `
    byFile.set(path, [
      ...(byFile.get(path) ?? []),
      `${where}${example === undefined ? message : (rest ?? message)}`,
    ])
  }
  return byFile
}
