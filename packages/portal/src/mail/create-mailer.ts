import { messageOf, type Logger } from '@aldis/core'
import { createTransport } from 'nodemailer'

import { MailError, MailUrlError } from './mail-errors.ts'
import { MailFolder } from './mail-folder.ts'
import type { Mail, Mailer } from './mailer.ts'

/** For the connection, the server's greeting and every answer. */
const TIMEOUT_MS = 10_000

/** An address and nothing else: no name, no second address, no control character. */
const ADDRESS = /^[^\s\p{Cc}<>(),;:"\\@]+@[^\s\p{Cc}<>(),;:"\\@]+$/u

/** What {@link createMailer} needs. */
export interface MailerOptions {
  /** The mail server, as `smtp://` or `smtps://`, with user and password in it. Without it, mails become files in `folder`. */
  readonly url?: string
  /** Who the mails are from: `Data portal <portal@example.org>`. */
  readonly from: string
  /** Where mails are kept when there is no mail server. */
  readonly folder: string
  readonly logger: Logger
}

/** A mailer for the one who made it. */
export interface OwnMailer extends Mailer {
  /** Wait for the mails that are being sent. It never rejects. */
  close(): Promise<void>
}

/**
 * Make the portal's mailer: by SMTP when there is a `url`, otherwise with every mail in a file
 * of its own, whose path goes to the log. Nothing is connected before the first mail.
 *
 * The content of mails is not logged: it holds links that let their reader in.
 *
 * @throws MailUrlError when `url` is no URL of a mail server
 */
export function createMailer({ url, from, folder, logger }: MailerOptions): OwnMailer {
  const deliver = url === undefined ? toFolder(folder, from, logger) : toServer(url, from)
  const running = new Set<Promise<void>>()

  async function send(mail: Mail): Promise<void> {
    if (!ADDRESS.test(mail.to))
      throw new MailError(mail.to, 'that is not one address such as ann@example.org')
    try {
      await deliver(mail)
    } catch (error) {
      throw explain(mail.to, error)
    }
  }
  return {
    async send(mail) {
      const sending = send(mail)
      running.add(sending)
      try {
        await sending
      } finally {
        running.delete(sending)
      }
    },
    async close() {
      await Promise.allSettled(running)
    },
  }
}

function toFolder(folder: string, from: string, logger: Logger): (mail: Mail) => Promise<void> {
  const mails = new MailFolder(folder, from)
  return async (mail) => {
    const file = await mails.write(mail)
    const { to, subject } = mail
    logger.info({ to, subject, file }, 'there is no mail server, the mail is in a file')
  }
}

function toServer(url: string, from: string): (mail: Mail) => Promise<void> {
  if (!isServerUrl(url)) throw new MailUrlError()
  const transport = createTransport({
    url,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    dnsTimeout: TIMEOUT_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return async ({ to, subject, text, html, headers }) => {
    // As an object, the address is taken as one and not searched for others.
    await transport.sendMail({
      from,
      to: { name: '', address: to },
      subject,
      text,
      html,
      headers: { ...headers },
    })
  }
}

function isServerUrl(text: string): boolean {
  try {
    const { protocol, hostname, username, password } = new URL(text)
    decodeURIComponent(username + password)
    return (protocol === 'smtp:' || protocol === 'smtps:') && hostname !== ''
  } catch {
    return false
  }
}

function explain(to: string, error: unknown): MailError {
  const refusal = refusalOf(error)
  return refusal === undefined
    ? new MailError(to, messageOf(error), { cause: error })
    : new MailError(to, `the mail server answered ${refusal}`)
}

/** The codes and the command of what a mail server answered: `535 5.7.8 to AUTH PLAIN`. */
function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('response' in error)) return undefined
  const codes = /^(\d{3})[ -](\d\.\d{1,3}\.\d{1,3}\b)?/.exec(String(error.response))
  const [, code = 'something unknown', detail] = codes ?? []
  const command = 'command' in error ? ` to ${String(error.command)}` : ''
  return `${code}${detail === undefined ? '' : ` ${detail}`}${command}`
}
