import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { z } from 'zod'

import { messageOf } from './aldis-error.ts'
import { PluginManifestError } from './plugin-errors.ts'
import { isPluginName, PluginNameError } from './plugin-name.ts'
import { isRange } from './version-range.ts'
import { zodProblems } from './zod-problems.ts'

const name = z.string().refine(isPluginName, { error: 'not a plugin name' })
const required = z
  .string()
  .refine((text) => text === 'core' || isPluginName(text), { error: 'not a plugin name' })
const range = z.string().refine((text) => isRange(text), { error: 'not a version range' })

/** The `aldis` block of a package.json. */
const Manifest = z.strictObject({
  plugin: z.string(),
  requires: z.record(required, range).default({}),
  after: z.array(name).default([]),
  before: z.array(name).default([]),
})

const Package = z.looseObject({
  name: z.string().optional(),
  version: z.string().optional(),
  description: z.string().optional(),
  aldis: z.unknown().optional(),
})

/** What reading a file fails with that is not there: other failures must not hide a plugin. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR'])

/** Whether `error` says that a file is not there. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ABSENT.has(error.code)
}

/** A package.json that says it is a plugin's. */
export interface PluginManifest extends z.output<typeof Manifest> {
  readonly packageName: string
  readonly version: string
  readonly description: string | undefined
  /** The whole package.json. */
  readonly json: Readonly<Record<string, unknown>>
}

/**
 * Read the package.json in `folder`; undefined when there is none or it is not a plugin's.
 *
 * @throws PluginManifestError when it cannot be read or its `aldis` block is wrong
 * @throws PluginNameError when the name in it cannot be a plugin's
 */
export function readManifest(folder: string): PluginManifest | undefined {
  const file = join(folder, 'package.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw new PluginManifestError(file, messageOf(error))
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new PluginManifestError(file, `not JSON: ${messageOf(error)}`)
  }
  const pack = Package.safeParse(json)
  if (!pack.success) throw new PluginManifestError(file, detailsOf(pack.error, []))
  if (pack.data.aldis === undefined) return undefined
  const manifest = Manifest.safeParse(pack.data.aldis)
  if (!manifest.success) {
    throw new PluginManifestError(file, detailsOf(manifest.error, ['aldis'], Object.keys(Manifest.shape)))
  }
  if (!isPluginName(manifest.data.plugin)) throw new PluginNameError(manifest.data.plugin, file)
  return {
    ...manifest.data,
    packageName: pack.data.name ?? '',
    version: pack.data.version ?? '0.0.0',
    description: pack.data.description,
    json: pack.data,
  }
}

function detailsOf(error: z.core.$ZodError, above: readonly string[], known: readonly string[] = []): string {
  const lines = zodProblems(error, known).map(
    ({ path, message }) => `${[...above, ...path].join('.')}: ${message}`,
  )
  return lines.join('; ')
}
