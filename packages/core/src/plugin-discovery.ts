import { existsSync } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

import { glob, hasMagic } from 'glob'

import { PluginDuplicateError, PluginOutsideRootError } from './plugin-errors.ts'
import { readManifest, type PluginManifest } from './plugin-manifest.ts'

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

/** Whether `path` is `root` or below it. */
export function isInside(path: string, root: string): boolean {
  const way = relative(root, path)
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}

/** The folder that holds the whole workspace of `folder`, or `folder` itself outside of one. */
function workspaceRoot(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, 'pnpm-workspace.yaml')) || existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return folder
  }
}

/** The part of a glob before its first wildcard: the folder that the operator named. */
function namedFolder(pattern: string, root: string): string {
  const parts = pattern.split('/')
  const magic = parts.findIndex((part) => hasMagic(part, { magicalBraces: true }))
  return resolve(root, parts.slice(0, magic === -1 ? parts.length : magic).join('/') || '.')
}

/**
 * Find the plugin packages in the folders that `patterns` match below `root`. A
 * folder that a symbolic link takes out of the workspace, and out of the folder
 * that the pattern names, is a problem. Two packages with one plugin name are a problem of both.
 */
export async function discoverPlugins(patterns: readonly string[], root: string): Promise<Discovery> {
  const plugins = new Map<string, DiscoveredPlugin>()
  const problems: DiscoveryProblem[] = []
  const allowed = await realpath(workspaceRoot(root))
  const seen = new Set<string>()
  for (const pattern of patterns) {
    const named = namedFolder(pattern, root)
    const matches = await glob(`${pattern.replace(/\/+$/, '')}/package.json`, { cwd: root, follow: true })
    const found = matches.sort().map(async (match) => {
      const at = resolve(root, dirname(match))
      try {
        const folder = await realpath(at)
        return { at, folder, manifest: await readManifest(folder) }
      } catch (error) {
        return { at, error: error instanceof Error ? error : new Error(String(error)) }
      }
    })
    const base = existsSync(named) ? await realpath(named) : named
    for (const each of await Promise.all(found)) {
      if ('error' in each) {
        problems.push({ folder: each.at, error: each.error })
        continue
      }
      const { folder, manifest } = each
      if (manifest === undefined || seen.has(folder)) continue
      seen.add(folder)
      const other = plugins.get(manifest.plugin)
      if (!isInside(folder, allowed) && !isInside(folder, base)) {
        problems.push({ folder, error: new PluginOutsideRootError(manifest.plugin, folder, allowed) })
      } else if (other !== undefined) {
        const detail = `is in two folders: ${other.folder} and ${folder}. Rename one in its package.json.`
        problems.push({ folder, error: new PluginDuplicateError(manifest.plugin, detail) })
      } else {
        const source = folder.split(sep).includes('node_modules') ? 'node_modules' : 'workspace'
        plugins.set(manifest.plugin, { manifest, folder, source })
      }
    }
  }
  return { plugins, problems }
}
