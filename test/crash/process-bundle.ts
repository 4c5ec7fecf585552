/** The program of the children in one file: they start in half the time, and a long run is of the code that it began with. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { build } from 'esbuild'

import { root } from '../support/repository.ts'

interface ProcessBundle {
  readonly path: string
  /** What a child needs of its environment. */
  readonly env: Readonly<Record<string, string>>
}

let bundled: Promise<ProcessBundle> | undefined

/** The program, made when it is first asked for. It goes with this process. */
export function processBundle(): Promise<ProcessBundle> {
  return (bundled ??= bundle())
}

async function bundle(): Promise<ProcessBundle> {
  const folder = mkdtempSync(join(tmpdir(), 'aldis-crash-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'crash-process.mjs')
  // It finds files of its own beside its modules, so it stays where it is.
  const pglite = import.meta.resolve('@electric-sql/pglite')
  await build({
    entryPoints: [fileURLToPath(new URL('crash-process.ts', import.meta.url))],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@aldis/source'],
    alias: { '@electric-sql/pglite': pglite },
    external: [pglite, 'pg-native'],
    banner: {
      js: `import { createRequire as __make } from 'node:module'; const require = __make(import.meta.url)`,
    },
    logLevel: 'error',
  })
  const env = {
    // What a module requires when it comes to it.
    NODE_PATH: join(root, 'packages/core/node_modules'),
    // Node keeps there what it made of the file.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  }
  return { path, env }
}
