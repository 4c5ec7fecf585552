/**
 * What a test may need from the machine beyond Node and npm, where it is looked for, and how to get it.
 *
 * A suite that needs something says so where it is described; on a machine without it, the suite is
 * left out and the run ends with a line that says what was left out and how to get it:
 *
 *     describe('the inspector in a browser', requires('chromium'), () => {
 *       // … launch pathOf('chromium') …
 *     })
 *
 * `ALDIS_REQUIRE=postgres,chromium` makes a missing requirement a failure. CI sets it, so that a
 * machine that lost its browser cannot turn the run green by testing less.
 */
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

interface Requirement {
  /** Where it is on this machine: a path or a connection string; undefined when it is not there. */
  readonly find: (env: NodeJS.ProcessEnv) => string | undefined
  readonly howToGet: string
}

const requirements = {
  chromium: {
    find: findChromium,
    howToGet: 'apt-get install chromium, or set CHROMIUM_PATH to a Chrome or Chromium',
  },
  postgres: {
    find: findPostgres,
    howToGet: 'apt-get install postgresql, or set DATABASE_URL to an empty database',
  },
} as const satisfies Record<string, Requirement>

export type RequirementName = keyof typeof requirements

const requirementNames = Object.keys(requirements).filter(isRequirementName)

declare module 'vitest' {
  interface TaskMeta {
    /** The line that the run prints for a suite that needs what this machine lacks. */
    leftOut?: string
  }
}

/**
 * Options for `describe` that run the suite where `name` is installed and leave it out elsewhere.
 *
 * @throws Error when `name` is missing and `ALDIS_REQUIRE` names it: the test file then counts as failed.
 */
export function requires(name: RequirementName): { skip?: boolean; meta?: { leftOut: string } } {
  if (requirements[name].find(process.env) !== undefined) return {}
  const { howToGet } = requirements[name]
  if (requiredNames().includes(name)) {
    throw new Error(`ALDIS_REQUIRE names ${name}, which is not on this machine: ${howToGet}.`)
  }
  return { skip: true, meta: { leftOut: `left out: tests that need ${name} (not found; ${howToGet})` } }
}

/**
 * The path or connection string of `name`.
 *
 * @throws Error when it is not on this machine: call it inside a suite that {@link requires} it.
 */
export function pathOf(name: RequirementName): string {
  const found = requirements[name].find(process.env)
  if (found === undefined) throw new Error(`${name} is not on this machine: ${requirements[name].howToGet}.`)
  return found
}

/** The requirements not on this machine, each with the words that say how to get it. */
export function missingRequirements(): { name: RequirementName; howToGet: string }[] {
  return requirementNames
    .filter((name) => requirements[name].find(process.env) === undefined)
    .map((name) => ({ name, howToGet: requirements[name].howToGet }))
}

/**
 * The names in `ALDIS_REQUIRE`, separated by commas.
 *
 * @throws Error on a name that is not known, since a misspelt one would silently require nothing.
 */
export function requiredNames(value = process.env['ALDIS_REQUIRE'] ?? ''): RequirementName[] {
  const names = value.split(',').map((name) => name.trim())
  return names
    .filter((name) => name !== '')
    .map((name) => {
      if (isRequirementName(name)) return name
      throw new Error(
        `ALDIS_REQUIRE names "${name}", which is not known. Known: ${requirementNames.join(', ')}.`,
      )
    })
}

function isRequirementName(name: string): name is RequirementName {
  return Object.hasOwn(requirements, name)
}

function findChromium(env: NodeJS.ProcessEnv): string | undefined {
  // A path given by hand is taken at its word or not at all: falling back would test another browser.
  const given = env['CHROMIUM_PATH']
  if (given !== undefined && given !== '') return existsSync(given) ? given : undefined
  const names = ['chromium', 'chromium-browser', 'google-chrome']
  return (
    names.flatMap((name) => onPath(name, env)).at(0) ?? ['/usr/bin/chromium'].find((path) => existsSync(path))
  )
}

function findPostgres(env: NodeJS.ProcessEnv): string | undefined {
  const given = env['DATABASE_URL']
  if (given !== undefined && given !== '') return given
  const folders = [...pathFolders(env), ...installedPostgresFolders()]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

function installedPostgresFolders(): string[] {
  const root = '/usr/lib/postgresql'
  if (!existsSync(root)) return []
  const newestFirst = readdirSync(root).toSorted((a, b) => Number(b) - Number(a))
  return newestFirst.map((version) => join(root, version, 'bin'))
}

function onPath(name: string, env: NodeJS.ProcessEnv): string[] {
  return pathFolders(env)
    .map((folder) => join(folder, name))
    .filter((path) => existsSync(path))
}

function pathFolders(env: NodeJS.ProcessEnv): string[] {
  return (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
}
