import { AldisError } from '@aldis/core'

/** A user is to be made without a password, and nobody is there to ask for one. */
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
    super('The two passwords are not the same. Nothing was made; call the command again.')
  }
}
