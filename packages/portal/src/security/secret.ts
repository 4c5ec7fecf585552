import { hkdfSync, randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

import { AldisError, messageOf } from '@aldis/core'

const LEAST_LENGTH = 32
/** What has fewer different characters was typed and not drawn: `changeme` four times, say. */
const LEAST_CHARACTERS = 8
const LARGEST_FILE = 4096

/** The site's secret is short enough, or plain enough, to be guessed. */
export class SecretWeakError extends AldisError {
  readonly code = 'SECRET_WEAK'
  /** Where the secret is from: `settings.portal.secret`, or a file. */
  readonly place: string

  constructor(place: string, reason: string) {
    super(
      `The site's secret in ${place} ${reason}. Use at least ${LEAST_LENGTH} random characters, such as ` +
        `\`openssl rand -base64 32\` prints; without the setting and the file one is made.`,
    )
    this.place = place
  }
}

/** The file with the site's secret cannot be used. */
export class SecretFileError extends AldisError {
  readonly code = 'SECRET_FILE'
  readonly file: string

  constructor(file: string, reason: string, advice: string, options?: ErrorOptions) {
    super(
      `The site's secret in ${file} ${reason}. ${advice}, or set settings.portal.secret in the configuration.`,
      options,
    )
    this.file = file
  }
}

/** What a key is for. */
export type SecretPurpose = 'session' | 'api-token' | 'csrf'

/** The site's secret. It never shows itself, not even in a log: only keys come out of it. */
export class SiteSecret {
  readonly #secret: string

  constructor(secret: string) {
    this.#secret = secret
  }

  /** The key for `purpose`: 32 bytes, the same for as long as the secret is, and of no use for another purpose. */
  key(purpose: SecretPurpose): Uint8Array {
    return new Uint8Array(hkdfSync('sha256', this.#secret, '', `aldis portal: ${purpose}`, 32))
  }
}

/** Where the secret is from. */
export interface SecretSource {
  /** The secret of the configuration. With it the file is not looked at. */
  readonly setting?: string | undefined
  /** Where a secret that was made is kept: `var/secret`. */
  readonly file: string
}

/**
 * The site's secret: `setting`, or else the one in `file`, which is made when it is not there.
 * Processes that make it at once agree on one. The file has mode 0600 from the moment it exists.
 *
 * @throws SecretWeakError when the secret can be guessed
 * @throws SecretFileError when the file cannot be made or read, or when everyone may read it
 */
export async function siteSecret({ setting, file }: SecretSource): Promise<SiteSecret> {
  if (setting !== undefined) return checked(setting, 'settings.portal.secret')
  return checked((await readSecret(file)) ?? (await makeSecret(file)), file)
}

function checked(text: string, place: string): SiteSecret {
  const secret = text.trim()
  if (secret.length < LEAST_LENGTH) throw new SecretWeakError(place, `has ${secret.length} characters`)
  const different = new Set(secret).size
  if (different < LEAST_CHARACTERS) {
    throw new SecretWeakError(place, `has only ${different} different characters`)
  }
  return new SiteSecret(secret)
}

/** What `file` says, or undefined when it is not there. */
async function readSecret(file: string): Promise<string | undefined> {
  try {
    const found = await stat(file)
    if (!found.isFile() || found.size > LARGEST_FILE) {
      throw new SecretFileError(file, 'is not in a file of one line', 'Remove what is there')
    }
    // The group may read it: volumes of a cluster are handed to a group.
    if (process.platform !== 'win32' && (found.mode & 0o007) !== 0) {
      throw new SecretFileError(file, 'may be read by everyone', `Run \`chmod 600 ${file}\``)
    }
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof SecretFileError) throw error
    if (hasCode(error, 'ENOENT')) return undefined
    const advice = 'Let the user that runs the portal read it'
    throw new SecretFileError(file, `cannot be read (${messageOf(error)})`, advice, { cause: error })
  }
}

/** Write a new secret to `file`, unless another process is first; what stands there then is the secret. */
async function makeSecret(file: string): Promise<string> {
  const draft = `${file}.${randomUUID()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    const secret = randomBytes(32).toString('base64url')
    await writeFile(draft, `${secret}\n`, { mode: 0o600, flag: 'wx', flush: true })
    // A link appears at once, with all that is in it, and never in the place of another.
    await link(draft, file)
    return secret
  } catch (error) {
    const made = hasCode(error, 'EEXIST') ? await readSecret(file) : undefined
    if (made !== undefined) return made
    const advice = 'Let the user that runs the portal write there'
    throw new SecretFileError(file, `cannot be made (${messageOf(error)})`, advice, { cause: error })
  } finally {
    await rm(draft, { force: true })
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
