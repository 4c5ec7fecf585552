/**
 * Guards the arrows between packages: imports go downwards only.
 *
 * The compiler accepts an import in any direction, and the first one upwards is invisible until a package
 * cannot be released, tested or loaded in a browser without its neighbours. Also guarded: nobody reaches
 * into another package's files, plugins use only what a third party could use, and signals and core stay
 * free of databases, HTTP servers and ORMs.
 */
import { dirname, join } from 'node:path'
import {
  filesMatching,
  fromRoot,
  root,
  workspacePackages,
  type WorkspacePackage,
} from '../support/repository.ts'
import { importsOf, type SourceImport } from '../support/source-imports.ts'

/** What each package may import, bottom first. A plugin may import every one of them but the CLI. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  '@aldis/signals': [],
  '@aldis/core': ['@aldis/signals'],
  '@aldis/models': ['@aldis/signals', '@aldis/core'],
  '@aldis/outbox': ['@aldis/signals', '@aldis/core', '@aldis/models'],
  '@aldis/portal': ['@aldis/signals', '@aldis/core', '@aldis/models', '@aldis/outbox'],
  '@aldis/cli': ['@aldis/core'],
}
const pluginsMayImport = Object.keys(mayImport).filter((name) => name !== '@aldis/cli')

/** Databases, HTTP servers and ORMs: a host decides about these, not the packages it is built on. */
const infrastructure =
  /^(?:node:(?:https?|http2|sqlite)|pg|pg-boss|mysql2?|better-sqlite3|@electric-sql\/.+|@mikro-orm\/.+|knex|kysely|drizzle-orm|typeorm|fastify|@fastify\/.+|express|koa|hono|undici)(?:\/|$)/

const packages = workspacePackages()
const problems: string[] = []

for (const pkg of packages) {
  const isPlugin = pkg.folder.startsWith('plugins/')
  const allowed = isPlugin ? pluginsMayImport : mayImport[pkg.name]
  if (allowed === undefined) {
    problems.push(
      `${pkg.folder}: ${pkg.name} has no row in mayImport of test/checks/layers.ts: say what it may import.`,
    )
    continue
  }
  for (const file of filesMatching([`${pkg.folder}/src/**/*.ts`])) {
    for (const found of importsOf(join(root, file))) {
      for (const problem of problemsOf(pkg, allowed, file, found)) {
        problems.push(`${file}:${found.line}: ${problem}`)
      }
    }
  }
}

for (const file of filesMatching(['test/**/*.ts'])) {
  for (const found of importsOf(join(root, file))) {
    const target = targetOf(file, found.specifier)
    if (target !== undefined && /^(?:packages|plugins)\//.test(target)) {
      problems.push(
        `${file}:${found.line}: imports "${found.specifier}" by path; import the package by name.`,
      )
    }
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`layers: ${problems.length} imports go where they may not.`)
  process.exit(1)
}
console.log(`layers: ${packages.length} packages, every import goes downwards.`)

function problemsOf(
  pkg: WorkspacePackage,
  allowed: readonly string[],
  file: string,
  { specifier, typeOnly }: SourceImport,
): string[] {
  const target = targetOf(file, specifier)
  const isTest = /\.test(?:-d)?\.ts$/.test(file)
  if (target !== undefined) {
    // Tests of what a package does not export stand beside it, and need a database or a mail server all the same.
    return target.startsWith(`${pkg.folder}/`) || (isTest && target.startsWith('test/support/'))
      ? []
      : [`imports "${specifier}", a file of another package; import that package by name.`]
  }

  const found: string[] = []
  const neighbour = packages.find(({ name }) => specifier === name || specifier.startsWith(`${name}/`))
  if (neighbour !== undefined && neighbour.name !== pkg.name) {
    if (!allowed.includes(neighbour.name)) {
      found.push(
        `${pkg.name} may not import ${neighbour.name}; it may import ${allowed.join(', ') || 'no other package'}.`,
      )
    }
    const entry = specifier === neighbour.name ? '.' : `.${specifier.slice(neighbour.name.length)}`
    if (!Object.hasOwn(neighbour.manifest.exports ?? {}, entry)) {
      found.push(
        `"${specifier}" is an inner file of ${neighbour.name}; import what its package.json exports.`,
      )
    }
  }

  const isBase = pkg.name === '@aldis/signals' || pkg.name === '@aldis/core'
  if (isBase && infrastructure.test(specifier)) {
    found.push(`${pkg.name} knows no database, HTTP server or ORM, yet imports "${specifier}".`)
  }
  if (pkg.name === '@aldis/signals' && !isTest && !typeOnly && specifier !== 'mitt') {
    found.push(`@aldis/signals needs nothing but mitt at run time, yet imports "${specifier}".`)
  }
  return found
}

/** The file that a relative or absolute `specifier` means, from the top of the repository. */
function targetOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return fromRoot(join(root, dirname(file), specifier))
  return specifier.startsWith('/') ? fromRoot(specifier) : undefined
}
