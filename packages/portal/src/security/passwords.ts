import { AldisError } from '@aldis/core'
import { hash, verify } from '@node-rs/argon2'

import { Turns } from './turns.ts'

/** What OWASP advises for argon2id, which is the library's own choice: 19 MiB, two passes, one thread. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** 1024 characters at their longest, in UTF-8. */
const MOST_BYTES = 4096

/** Made with {@link PARAMETERS} from random bytes that nobody kept: no password fits it. */
const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$x1C7yFkeLRTkagCAwRvSKA$3vE5Dvg54itlQvB862ERpnIi4awYCKnZuMIw+q3BPuQ'

/** Each takes its memory, and a thread that files and names are waited for in as well. */
const turns = new Turns(2)

/** A password is longer than any that is accepted, so it is not hashed. */
class PasswordTooLongError extends AldisError {
  readonly code = 'PASSWORD_TOO_LONG'

  constructor() {
    super(`The password has more than ${MOST_BYTES} bytes. Use one of at most 1024 characters.`)
  }
}

/**
 * The hash of `password` to keep, as a PHC string (argon2id) with its own salt. At most two are
 * computed at once, checks included; more wait.
 *
 * @throws PasswordTooLongError instead of hashing what has more than 4096 bytes
 */
export async function hashPassword(password: string): Promise<string> {
  if (isTooLong(password)) throw new PasswordTooLongError()
  return turns.run(() => hash(normal(password), PARAMETERS))
}

/**
 * Whether `password` is the one that `hashed` was made from. Without `hashed`, for a user that
 * is not there, it is not, and saying so takes as long as for one that is.
 *
 * A text that is no argon2 hash fits no password. What has more than 4096 bytes is refused at once.
 */
export async function verifyPassword(password: string, hashed: string | undefined): Promise<boolean> {
  if (isTooLong(password)) return false
  const known = hashed?.startsWith('$argon2') === true ? hashed : NOBODYS_HASH
  return turns.run(() => verify(known, normal(password)))
}

function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > MOST_BYTES
}

/** Keyboards differ in how they write one and the same letter. */
function normal(password: string): string {
  return password.normalize('NFKC')
}
