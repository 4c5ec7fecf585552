import type { Notification } from '../interfaces/inotifier.ts'
import type { Site } from '../site.ts'
import type { KnownLogin } from './find-login.ts'
import { RESET_HOURS } from './reset-links.ts'

/** The mail that takes `user` to the page where a new password is set. */
export function resetMail(site: Site, { id, name, email }: KnownLogin, key: string): Notification {
  const link = `${site.url}/user/reset/${id}?key=${key}`
  return {
    name,
    email,
    subject: `Reset your password - ${site.title}`,
    text: [
      `You have asked for a new password for the user ${name} at ${site.title}.`,
      `Open this page within ${RESET_HOURS} hours to set it:`,
      '',
      link,
      '',
      'If you did not ask for it, do nothing: your password stays as it is.',
      '',
    ].join('\n'),
  }
}
