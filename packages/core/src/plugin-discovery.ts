import { existsSync, realpathSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'

import { namedFolder, pathsLike } from './folder-pattern.ts'
import { PluginDuplicateError, PluginOutsideRootError } from './plugin-errors.ts'
import { isAbsent, readManifest, type PluginManifest } from './plugin-manifest.ts'

/** A plugin package on disk. */
export interface DiscoveredPlugin {
  readonly manifest: PluginManifest
  /** Without symbolic links. */
  readonly folder: string
  readonly source: 'workspace' | 'node_modules'
}

/** A folder that says it is a plugin's and cannot be used. */
export interface DiscoveryProblem {
  readonly folder: string
  readonly error: Error
}

/** What the globs found. */
export interface Discovery {
  readonly plugins: ReadonlyMap<string, DiscoveredPlugin>
  readonly problems: readonly DiscoveryProblem[]
}

/** A folder that a pattern matches, and what its package.json says or why that cannot be read. */
type Found =
  | { readonly folder: string; readonly manifest: PluginManifest; readonly error?: never }
  | { readonly folder: string; readonly manifest?: never; readonly error: Error }

/** Whether `path` is `root` or below it. */
export function isInside(path: string, root: string): boolean {
  const way = relative(root, path)
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}

/**
 * Find the plugin packages in the folders that `patterns` match below `root`. A
 * folder that a symbolic link takes out of the workspace, and out of the folder
 * that the pattern names, is a problem. Two packages with one plugin name are a problem of both.
 *
 * Files are read synchronously: it happens once, and starting threads for it would take longer.
 */
export async function discoverPlugins(patterns: readonly string[], root: string): Promise<Discovery> {
  const byName = new Map<string, DiscoveredPlugin[]>()
  const problems: DiscoveryProblem[] = []
  const allowed = realFolder(workspaceRoot(root))
  const seen = new Set<string>()
  for (const pattern of patterns) {
    const base = realFolder(namedFolder(pattern, root))
    for (const path of await pathsLike(pattern, root)) {
      const found = lookInto(path)
      if (found === undefined || seen.has(found.folder)) continue
      const { folder, manifest, error } = found
      seen.add(folder)
      if (error) problems.push({ folder, error })
      else if (isInside(folder, allowed) || isInside(folder, base)) {
        const source = folder.split(sep).includes('node_modules') ? 'node_modules' : 'workspace'
        const known = byName.get(manifest.plugin)
        if (known) known.push({ manifest, folder, source })
        else byName.set(manifest.plugin, [{ manifest, folder, source }])
      } else {
        problems.push({ folder, error: new PluginOutsideRootError(manifest.plugin, folder, allowed) })
      }
    }
  }
  const plugins = new Map<string, DiscoveredPlugin>()
  for (const [name, [first, ...others]] of byName) {
    if (first === undefined) continue
    if (others.length === 0) plugins.set(name, first)
    else problems.push(...duplicates(name, [first, ...others]))
  }
  return { plugins, problems }
}

function duplicates(name: string, plugins: readonly DiscoveredPlugin[]): DiscoveryProblem[] {
  const folders = plugins.map(({ folder }) => folder)
  const detail = `is in ${folders.length} folders: ${folders.join(', ')}. Rename all but one in their package.json files.`
  return folders.map((folder) => ({ folder, error: new PluginDuplicateError(name, detail) }))
}

/** The package at `path`; undefined when there is none that says it is a plugin's. */
function lookInto(path: string): Found | undefined {
  try {
    const folder = realpathSync.native(path)
    const manifest = readManifest(folder)
    return manifest && { folder, manifest }
  } catch (error) {
    if (isAbsent(error)) return undefined
    return { folder: path, error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** `folder` without symbolic links, where it is there. */
function realFolder(folder: string): string {
  return existsSync(folder) ? realpathSync.native(folder) : folder
}

/** The folder that holds the whole workspace of `folder`, or `folder` itself outside of one. */
function workspaceRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'pnpm-workspace.yaml')) || existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return folder
  }
}
