import { AldisError } from '@aldis/core'

/**
 * A mail was not sent.
 *
 * Neither the password of the mail server nor the mail's content is in it: what a server
 * answers is reduced to its code, since servers quote what they refuse.
 */
export class MailError extends AldisError {
  readonly code = 'MAIL_FAILED'
  readonly to: string

  constructor(to: string, reason: string, options?: ErrorOptions) {
    super(`The mail to ${JSON.stringify(to)} could not be sent: ${reason}.`, options)
    this.to = to
  }
}

/** The URL of the mail server is none. It may hold a password, so the message does not repeat it. */
export class MailUrlError extends AldisError {
  readonly code = 'MAIL_URL_INVALID'

  constructor() {
    super(
      'The URL of the mail server cannot be used. Use smtp://user:password@host:587, or smtps:// for TLS ' +
        'from the start, with what is special in user and password percent-encoded.',
    )
  }
}
