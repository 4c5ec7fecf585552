/** The program of the children in one file: they start in half the time, and a long run is of the code that it began with. */
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'

import { root } from '../support/repository.ts'

/** Inside the repository, so that what is not in the file is found. */
const folder = join(root, 'test/.tmp', `crash-${process.pid}`)
let bundled: Promise<string> | undefined

/** What a child needs of its environment. */
export const processEnv = {
  // What a module requires when it comes to it.
  NODE_PATH: join(root, 'packages/core/node_modules'),
  // Node keeps there what it made of the file.
  NODE_COMPILE_CACHE: join(folder, 'compiled'),
}

/** The path of the program, made when it is first asked for. It goes with this process. */
export function processBundle(): Promise<string> {
  return (bundled ??= bundle())
}

async function bundle(): Promise<string> {
  const outfile = join(folder, 'crash-process.mjs')
  mkdirSync(folder, { recursive: true })
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await build({
    entryPoints: [fileURLToPath(new URL('crash-process.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@aldis/source'],
    // PGlite finds its files beside its own.
    external: ['@electric-sql/pglite', 'pg-native'],
    banner: {
      js: `import { createRequire as __make } from 'node:module'; const require = __make(import.meta.url)`,
    },
    logLevel: 'error',
  })
  return outfile
}
