import { writeFile, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'

import { locateFunctions, sourceLocation } from './function-location.ts'

/** A module as a compiler leaves it: three lines, made from lines 11, 14 and 20 of x.ts. */
async function compiled(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-location-'))
  const file = join(folder, 'x.mjs')
  await writeFile(
    file,
    `export function first() {}\nexport class K { method() {} }\n  export const second = () => {}\n//# sourceMappingURL=x.mjs.map\n`,
  )
  // AAUA: line 11 of the first source; AAGA: three lines on; "EAMA": from column 2, six lines on.
  await writeFile(
    `${file}.map`,
    JSON.stringify({ version: 3, sources: ['src/x.ts'], names: [], mappings: 'AAUA;AAGA;EAMA' }),
  )
  return file
}

interface Compiled {
  readonly first: () => void
  readonly second: () => void
  readonly K: { readonly prototype: { readonly method: () => void } }
}

/** Loads as Node does, around the test runner's own transformation. */
function load(file: string): Compiled {
  const loaded: Compiled = createRequire(import.meta.url)(file)
  return loaded
}

test('functions, methods and bound functions are found in their source', async () => {
  const file = await compiled()
  const { first, second, K } = load(file)
  const source = join(file, '../src/x.ts')
  expect(locateFunctions([first, K.prototype.method, second, first.bind(null).bind(null)])).toEqual([
    `${source}:11`,
    `${source}:14`,
    `${source}:20`,
    `${source}:11`,
  ])
})

test('a module without a source map is its own source', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-location-'))
  const file = join(folder, 'plain.mjs')
  await writeFile(
    file,
    '\n\nexport function first() {}\nexport function second() {}\nexport class K { method() {} }\n',
  )
  const { first, second } = load(file)
  expect(locateFunctions([second, first])).toEqual([`${file}:4`, `${file}:3`])
})

test('what is written nowhere has no place, and leaves the others theirs', async () => {
  const { first } = load(await compiled())
  const [native, bound, text, here] = locateFunctions([Math.max, Math.max.bind(null), 'text', first])
  expect([native, bound, text]).toEqual([undefined, undefined, undefined])
  expect(basename(here ?? '')).toBe('x.ts:11')
  expect(locateFunctions([])).toEqual([])
})

test('a declared place leads to its source, with and without a column', async () => {
  const file = await compiled()
  const url = pathToFileURL(file).href
  const source = join(file, '../src/x.ts')
  expect(sourceLocation(`${url}:1`)).toBe(`${source}:11`)
  expect(sourceLocation(`${url}:3`)).toBe(`${source}:20`)
  expect(sourceLocation(`${url}:2:5`)).toBe(`${source}:14`)
})

test('a place without a source map stays the place it is', () => {
  expect(sourceLocation('file:///nowhere/x.js:12')).toBe('/nowhere/x.js:12')
  expect(sourceLocation('/nowhere/x.ts:12')).toBe('/nowhere/x.ts:12')
  expect(sourceLocation('no place')).toBe('no place')
})

test('a broken source map is as good as none', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'aldis-location-')), 'x.js')
  await writeFile(`${file}.map`, '{')
  expect(sourceLocation(`${file}:1`)).toBe(`${file}:1`)
})
