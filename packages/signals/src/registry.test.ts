import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { registry } from './registry.ts'

test('the version is that of package.json', () => {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

  expect(manifest).toMatchObject({ version: registry.version })
  expect(registry.minor).toBe(Number(registry.version.split('.')[1]))
})

test('the registry is where every copy of this major version looks for it', () => {
  const [major] = registry.version.split('.')

  expect(Reflect.get(globalThis, Symbol.for(`aldis.signals/${major}`))).toBe(registry)
})
