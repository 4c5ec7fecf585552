import { defineToken, type Token } from '@aldis/core'

/** A mail to one person. */
export interface Mail {
  /** One address, without a name: `ann@example.org`. */
  readonly to: string
  readonly subject: string
  /** What everyone can read. */
  readonly text: string
  /** The same for those whose program shows HTML. Escape what you put in. */
  readonly html?: string
  /** Further headers by name. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * Sends the portal's mail.
 *
 * Line breaks in a subject or a header become spaces; they begin no new header.
 */
export interface Mailer {
  /**
   * Send `mail`. When this resolves, the mail server has taken it over, or it is in
   * the folder for mail; that it arrives is not promised.
   * It is tried once, and gives up when the server is silent for ten seconds.
   *
   * @throws MailError when it was not taken
   */
  send(mail: Mail): Promise<void>
}
export const Mailer: Token<Mailer> = defineToken<Mailer>('portal:Mailer')
