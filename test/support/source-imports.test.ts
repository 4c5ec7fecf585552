import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { importsOf } from './source-imports.ts'

const folder = mkdtempSync(join(tmpdir(), 'aldis-imports-'))

afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('every way to name a module is found, with its line and whether it is left at run time', () => {
  const path = join(folder, 'all.ts')
  const source = [
    "import { a } from 'one'",
    "import type { B } from 'two'",
    "import 'three'",
    "export * from './four.ts'",
    "export { c } from 'five'",
    "export type { D } from 'six'",
    "const lazy = await import('seven')",
    "type E = import('eight').E",
  ]
  writeFileSync(path, source.join('\n'))

  expect(importsOf(path).toSorted((a, b) => a.line - b.line)).toEqual([
    { specifier: 'one', line: 1, typeOnly: false },
    { specifier: 'two', line: 2, typeOnly: true },
    { specifier: 'three', line: 3, typeOnly: false },
    { specifier: './four.ts', line: 4, typeOnly: false },
    { specifier: 'five', line: 5, typeOnly: false },
    { specifier: 'six', line: 6, typeOnly: true },
    { specifier: 'seven', line: 7, typeOnly: false },
    { specifier: 'eight', line: 8, typeOnly: true },
  ])
})

test('modules named in comments and strings are no imports', () => {
  const path = join(folder, 'none.ts')
  writeFileSync(
    path,
    "/** import { a } from 'one' */\nconst text = `import 'two'`\nexport const local = text\n",
  )

  expect(importsOf(path)).toEqual([])
})
