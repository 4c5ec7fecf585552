import { build } from 'esbuild'

/** The one file that a browser would load for `@aldis/signals`, mitt included, made from the entry point at `path`. */
export async function bundleForBrowser(path: string): Promise<{ contents: Uint8Array; text: string }> {
  const { outputFiles } = await build({
    entryPoints: [path],
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
