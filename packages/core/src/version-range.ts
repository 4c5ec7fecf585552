import { createRequire } from 'node:module'

import type SemverModule from 'semver'

type Semver = Pick<typeof SemverModule, 'satisfies' | 'validRange'>

const isSemver = (module: unknown): module is Semver =>
  typeof module === 'function' || (typeof module === 'object' && module !== null && 'satisfies' in module)

let loaded: Semver | undefined

/** semver is some fifty files, and most plugins require nothing: it is loaded for the first that does. */
function semver(): Semver {
  if (loaded === undefined) {
    const module: unknown = createRequire(import.meta.url)('semver')
    if (!isSemver(module)) throw new TypeError('semver has no "satisfies".')
    loaded = module
  }
  return loaded
}

/** Whether `version` is in `range`; one before a release is, when the release is. */
export function isInRange(version: string, range: string): boolean {
  return semver().satisfies(version, range, { includePrerelease: true })
}

/** Whether `text` is a version range. */
export function isRange(text: string): boolean {
  return semver().validRange(text) !== null
}
