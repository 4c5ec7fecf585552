/**
 * Guards that everyone can install: each native tool in the lockfile has its binaries for Linux and macOS, on
 * x64 and arm64.
 *
 * The newest release of a native package sometimes lacks a platform in the registry; the package manager then
 * drops that platform from the lockfile without a word, and the first to notice is a newcomer with a Mac.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { z } from 'zod'
import { root } from '../support/repository.ts'

const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64']

const names = z.record(z.string(), z.unknown())
const Lockfile = z.looseObject({
  importers: z.record(z.string(), z.looseObject({ optionalDependencies: names.optional() })).default({}),
  packages: z
    .record(
      z.string(),
      z.looseObject({
        os: z.array(z.string()).optional(),
        cpu: z.array(z.string()).optional(),
        libc: z.array(z.string()).optional(),
      }),
    )
    .default({}),
  snapshots: z.record(z.string(), z.looseObject({ optionalDependencies: names.optional() })).default({}),
})
type Lockfile = z.infer<typeof Lockfile>

// The lockfile is two documents: the package manager's own dependencies, then the workspace's.
const text = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8')
const lockfiles = parseAllDocuments(text).map((document) => Lockfile.parse(document.toJS()))

const tools = lockfiles.flatMap(nativeTools)
const problems = tools.flatMap(({ name, platforms: has }) => {
  const missing = platforms.filter((platform) => !has.has(platform))
  return missing.length === 0 ? [] : [`${name} has no binary for ${missing.join(', ')}.`]
})

if (tools.length === 0)
  problems.push('no native tool found in pnpm-lock.yaml: this check no longer understands it.')
if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error('lockfile: pin the version before, whose packages are all in the registry.')
  process.exit(1)
}
console.log(`lockfile: ${tools.length} native tools, each for ${platforms.join(', ')}.`)

/** Packages that choose a binary by platform, and the platforms they can choose from. */
function nativeTools(lockfile: Lockfile): { name: string; platforms: Set<string> }[] {
  const dependents = [
    ...Object.entries(lockfile.importers).map(
      ([folder, entry]) => [`package.json of "${folder}"`, entry] as const,
    ),
    ...Object.entries(lockfile.snapshots),
  ]
  return dependents.flatMap(([name, { optionalDependencies = {} }]) => {
    const found = Object.entries(optionalDependencies).flatMap(([dependency, resolved]) =>
      platformsOf(lockfile, dependency, resolved),
    )
    return found.length === 0 ? [] : [{ name, platforms: new Set(found) }]
  })
}

function platformsOf(lockfile: Lockfile, dependency: string, resolved: unknown): string[] {
  const version = z.union([
    z.string(),
    z.looseObject({ version: z.string() }).transform((entry) => entry.version),
  ])
  const { os = [], cpu = [], libc } = lockfile.packages[`${dependency}@${version.parse(resolved)}`] ?? {}
  // A build for musl alone is no use on Debian, Fedora or a CI image that is not Alpine.
  if (libc !== undefined && !libc.includes('glibc')) return []
  return os.flatMap((system) => cpu.map((processor) => `${system}-${processor}`))
}
