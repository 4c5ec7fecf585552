import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'

import { bundleForBrowser } from '../../support/signals-bundle.ts'
import { judge, type Bench } from '../case.ts'

/** How much of a page's download signals are: everything exported, mitt included, as a browser gets it. */
export const bundle: Bench = {
  name: 'bundle',
  async run() {
    const { contents } = await bundleForBrowser(fileURLToPath(import.meta.resolve('@aldis/signals')))
    const value = brotliCompressSync(contents).length
    return [judge({ name: 'bundle, @aldis/signals min+brotli', value, unit: 'bytes', bar: '<= 4000' })]
  },
}
