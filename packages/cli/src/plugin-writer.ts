import { lstat, mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { coreCopies } from '@aldis/core'

import { PluginExistsError } from './command-errors.ts'
import type { Workspace } from './new-plugin.ts'

/** The versions of a plugin's dependencies where no workspace says others. */
const USUAL_VERSIONS: Readonly<Record<string, string>> = {
  zod: '^4.0.0',
  typescript: '^7.0.0',
  vitest: '^5.0.0',
  '@types/node': '^26.0.0',
}

/** What the folder `root`, in which plugins are created, is like. */
export async function lookAtWorkspace(root: string): Promise<Workspace> {
  const [manifest, tsconfig, core, pnpm] = await Promise.all([
    textOf(join(root, 'package.json')),
    textOf(join(root, 'tsconfig.json')),
    textOf(join(root, 'packages/core/package.json')),
    textOf(join(root, 'pnpm-workspace.yaml')),
  ])
  const coreInside = core?.includes('"name": "@aldis/core"') === true
  const catalog = /^catalog:\n((?:[ \t]+.*\n?)+)/m.exec(pnpm ?? '')?.[1] ?? ''
  const coreVersion = `^${coreCopies()[0]?.version ?? '0.1.0'}`
  const pinned = /"packageManager": "(pnpm@[\d.]+)/.exec(manifest ?? '')?.[1]
  const usual = pnpm === undefined ? 'npm install' : 'pnpm install'
  return {
    install: pinned === undefined ? usual : `npx --yes ${pinned} install`,
    tsconfig: tsconfig !== undefined,
    coreInside: coreInside && tsconfig !== undefined,
    versionOf: (dependency) => {
      if (dependency.startsWith('@aldis/')) return coreInside ? 'workspace:*' : coreVersion
      const inCatalog = new RegExp(`^\\s+['"]?${dependency}['"]?:`, 'm').test(catalog)
      return inCatalog ? 'catalog:' : (USUAL_VERSIONS[dependency] ?? '*')
    },
  }
}

/**
 * Refuse when `folder` is there.
 *
 * @throws PluginExistsError when it is, whatever it is
 */
export async function refuseExisting(folder: string): Promise<void> {
  const found = await lstat(folder).catch(() => undefined)
  if (found) throw new PluginExistsError(folder, `${folder} is there already.`)
}

/**
 * Write `files` as the new folder `folder`: all of them or, when something fails, none.
 *
 * @throws PluginExistsError when the folder is there
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await refuseExisting(folder)
  const parent = dirname(folder)
  const made = await mkdir(parent, { recursive: true })
  const draft = await mkdtemp(join(parent, '.new-plugin-'))
  try {
    const inside = join(draft, 'plugin')
    for (const [path, text] of files) {
      await mkdir(dirname(join(inside, path)), { recursive: true })
      await writeFile(join(inside, path), text, { flag: 'wx' })
    }
    await rename(inside, folder)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (made !== undefined) await rmdir(parent).catch(() => undefined)
    throw error
  }
  await rm(draft, { recursive: true, force: true })
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}
