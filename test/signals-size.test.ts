/** What a page downloads for signals, mitt included, and that a browser can load it. */
import { build, type OutputFile } from 'esbuild'
import { join } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'

import { root } from './support/repository.ts'

const LIMIT = 4000

/** The one file that a browser would load for `@aldis/signals`, made from the sources. */
async function bundle(): Promise<OutputFile> {
  const { outputFiles } = await build({
    entryPoints: [join(root, 'packages/signals/src/index.ts')],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    write: false,
  })
  const [file] = outputFiles
  if (file === undefined) throw new Error('esbuild wrote nothing.')
  return file
}

test(`the bundle of @aldis/signals has at most ${LIMIT} bytes, minified and compressed`, async () => {
  const { contents } = await bundle()

  expect(brotliCompressSync(contents).length).toBeLessThanOrEqual(LIMIT)
})

test('the bundle of @aldis/signals needs nothing that only Node has', async () => {
  const { text } = await bundle()

  expect(text).not.toMatch(/node:|require\(|process\.|Buffer\b|\bimport\b(?!\.meta\.url)/)
})
