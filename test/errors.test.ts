/**
 * Ties the codes that errors carry to docs/errors.md: every code has a row that says what to do, and every row a code.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { filesMatching, root } from './support/repository.ts'

const sources = filesMatching(['packages/*/src/**/*.ts', 'plugins/*/src/**/*.ts']).filter(
  (file) => !/\.test(?:-d)?\.ts$/.test(file),
)

/** The codes of the error classes, and the file each is in. */
const inCode = sources.flatMap((file) =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/readonly code = '([^']+)'/g)].map(([, code = '']) => ({
    code,
    file,
  })),
)

/** The first cells of the table rows, where they are a code. */
const inDocs = [
  ...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(
    /^\| *`([A-Z][A-Z0-9_]+)` *\|(.*)\|(.*)\|$/gm,
  ),
].map(([, code = '', happened = '', solution = '']) => ({
  code,
  happened: happened.trim(),
  solution: solution.trim(),
}))

const codes = (list: readonly { readonly code: string }[]): string[] =>
  list.map(({ code }) => code).toSorted()

test('every code of an error has a row in docs/errors.md, and every row a code', () => {
  expect(inCode.length).toBeGreaterThan(30)
  expect(codes(inDocs)).toEqual([...new Set(codes(inCode))])
})

test('no code stands for two errors of different packages', () => {
  const packagesOf = new Map<string, Set<string>>()
  for (const { code, file } of inCode) {
    const owner = file.split('/').slice(0, 2).join('/')
    packagesOf.set(code, (packagesOf.get(code) ?? new Set()).add(owner))
  }
  expect([...packagesOf].filter(([, owners]) => owners.size > 1)).toEqual([])
})

test('every row says what happened and how to solve it', () => {
  expect(inDocs.filter(({ happened, solution }) => happened === '' || solution === '')).toEqual([])
  expect(new Set(codes(inDocs)).size).toBe(inDocs.length)
})

test('codes are upper-case words joined by underscores', () => {
  expect(codes(inCode).filter((code) => !/^[A-Z]+(?:_[A-Z0-9]+)*$/.test(code))).toEqual([])
})
