import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

import { CORE_VERSION } from './core-version.ts'
import { coreCopies } from './index.ts'

test("the version in the code is the package's", async () => {
  const manifest: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
  expect(manifest).toMatchObject({ version: CORE_VERSION })
})

test('this copy of core is among those the process knows', () => {
  expect(coreCopies()).toContainEqual({
    version: CORE_VERSION,
    url: new URL('core-copies.ts', import.meta.url).href,
  })
})
