import { chmodSync, mkdirSync } from 'node:fs'

import { messageOf } from '@aldis/core'

import { DatabaseUnusableError } from './models-errors.ts'

/**
 * Make `folder`, if it is not there, and its owner's alone: PGlite writes files that everybody could read.
 *
 * @throws DatabaseUnusableError when it cannot be made, or belongs to somebody else
 */
export function makeFolderPrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  } catch (error) {
    const reason = `its folder cannot be closed to other users: ${messageOf(error)}.`
    throw new DatabaseUnusableError(`in ${folder}`, reason, { cause: error })
  }
}
