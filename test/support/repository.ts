/** Where things are in this repository, for the checks and the tests that cross packages. */
import { globSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** The repository's top folder, without a trailing slash. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

const Manifest = z.looseObject({
  name: z.string(),
  private: z.boolean().optional(),
  exports: z.record(z.string(), z.unknown()).optional(),
  publishConfig: z.looseObject({ exports: z.record(z.string(), z.unknown()).optional() }).optional(),
})

export interface WorkspacePackage {
  /** `packages/core`, relative to the repository. */
  readonly folder: string
  readonly name: string
  readonly private: boolean
  readonly manifest: z.infer<typeof Manifest>
}

/** Every package under `packages/` and `plugins/`, in the order of their folders. */
export function workspacePackages(): WorkspacePackage[] {
  return filesMatching(['packages/*/package.json', 'plugins/*/package.json']).map((file) => {
    const manifest = Manifest.parse(JSON.parse(readFileSync(join(root, file), 'utf8')))
    return { folder: dirname(file), name: manifest.name, private: manifest.private ?? false, manifest }
  })
}

/** Files that match `patterns`, relative to the repository, sorted; never build output or dependencies. */
export function filesMatching(patterns: readonly string[]): string[] {
  const exclude = ['**/node_modules/**', '**/dist/**', 'test/.tmp/**', 'docs/api/**']
  return globSync([...patterns], { cwd: root, exclude }).toSorted()
}

/**
 * Make a folder inside the repository, so that what is put there finds the packages of the workspace. It is new:
 * what a run that was stopped has left is in nobody's way. Whoever makes it removes it.
 */
export function makeFolder(prefix: string): string {
  const parent = join(root, 'test/.tmp')
  mkdirSync(parent, { recursive: true })
  return mkdtempSync(join(parent, prefix))
}

/** `path` as a person would type it from the top of the repository. */
export function fromRoot(path: string): string {
  return relative(root, path)
}
