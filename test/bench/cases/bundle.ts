import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'

import { judge, type Bench } from '../case.ts'

/** How much of a page's download signals are: everything exported, mitt included, as a browser gets it. */
export const bundle: Bench = {
  name: 'bundle',
  async run() {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(import.meta.resolve('@aldis/signals'))],
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2024',
      write: false,
    })
    const [file] = outputFiles
    if (file === undefined) throw new Error('esbuild wrote nothing.')
    const value = brotliCompressSync(file.contents).length
    return [judge({ name: 'bundle, @aldis/signals min+brotli', value, unit: 'bytes', bar: '<= 4000' })]
  },
}
