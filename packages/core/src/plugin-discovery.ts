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

/** A folder that a pattern matches, and what its package.json says or why that cannot be read. */
interface Found {
  readonly folder: string
  readonly manifest?: PluginManifest | undefined
  readonly error?: Error
}

/** How many package.json files are open at a time: few enough for the tightest limit of a system. */
const AT_A_TIME = 64

/** Whether `path` is `root` or below it. */
export function isInside(path: string, root: string): boolean {
  const way = relative(root, path)
  return !isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`)
}

/**
 * Find the plugin packages in the folders that `patterns` match below `root`. A
 * folder that a symbolic link takes out of the workspace, and out of the folder
 * that the pattern names, is a problem. Two packages with one plugin name are a problem of both.
 */
export async function discoverPlugins(patterns: readonly string[], root: string): Promise<Discovery> {
  const byName = new Map<string, DiscoveredPlugin[]>()
  const problems: DiscoveryProblem[] = []
  const allowed = await realFolder(workspaceRoot(root))
  const seen = new Set<string>()
  for (const pattern of patterns) {
    const base = await realFolder(namedFolder(pattern, root))
    for (const { folder, manifest, error } of await foldersMatching(pattern, root)) {
      if (seen.has(folder)) continue
      seen.add(folder)
      if (error) problems.push({ folder, error })
      else if (manifest === undefined) continue
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

async function foldersMatching(pattern: string, root: string): Promise<Found[]> {
  const matches = await glob(`${pattern.replace(/\/+$/, '')}/package.json`, { cwd: root })
  const folders = matches.sort().map((match) => resolve(root, dirname(match)))
  const found: Found[] = []
  for (let at = 0; at < folders.length; at += AT_A_TIME) {
    found.push(...(await Promise.all(folders.slice(at, at + AT_A_TIME).map(lookInto))))
  }
  return found
}

async function lookInto(at: string): Promise<Found> {
  try {
    const folder = await realpath(at)
    return { folder, manifest: await readManifest(folder) }
  } catch (error) {
    return { folder: at, error: error instanceof Error ? error : new Error(String(error)) }
  }
}

/** `folder` without symbolic links, where it is there. */
async function realFolder(folder: string): Promise<string> {
  return existsSync(folder) ? realpath(folder) : folder
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
