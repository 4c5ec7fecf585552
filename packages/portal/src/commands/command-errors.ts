import { AldisError } from '@aldis/core'

import type { NotFoundError, ValidationError } from '../action-errors.ts'

/** An action refuses what a command was asked for. It has the action's code, and says it as people read it. */
export class CommandRefusedError extends AldisError {
  readonly code: string
  /** What the command exits with. */
  readonly exitCode: number

  constructor(message: string, exitCode: number, cause: NotFoundError | ValidationError) {
    super(message, { cause })
    this.code = cause.code
    this.exitCode = exitCode
  }
}

/** A user is to have a password that was not given, and nobody is there to ask for one. */
export class PasswordMissingError extends AldisError {
  readonly code = 'PASSWORD_MISSING'

  constructor() {
    super(
      'The user needs a password, and nobody can be asked for it here: this is no terminal, or the command runs in the ' +
        'portal that holds the database. Give it: --password PASSWORD.',
    )
  }
}

/** A password was typed in two different ways. */
export class PasswordsDifferError extends AldisError {
  readonly code = 'PASSWORDS_DIFFER'

  constructor() {
    super('The two passwords are not the same. Nothing was changed; call the command again.')
  }
}
