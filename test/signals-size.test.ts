/** What a page downloads for signals, mitt included, and that a browser can load it. */
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'

import { root } from './support/repository.ts'
import { bundleForBrowser } from './support/signals-bundle.ts'

const LIMIT = 4000

const bundle = () => bundleForBrowser(join(root, 'packages/signals/src/index.ts'))

test(`the bundle of @aldis/signals has at most ${LIMIT} bytes, minified and compressed`, async () => {
  const { contents } = await bundle()

  expect(brotliCompressSync(contents).length).toBeLessThanOrEqual(LIMIT)
})

test('the bundle of @aldis/signals needs nothing that only Node has', async () => {
  const { text } = await bundle()

  expect(text).not.toMatch(/node:|require\(|process\.|Buffer\b|\bimport\b(?!\.meta\.url)/)
})
