import { createHash, randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'

/** Ours have about 180 characters. */
const LONGEST = 1024

/** What the database knows a token by. */
export interface ApiTokenReference {
  /** The token's `jti`: what it is listed and revoked by. It proves nothing. */
  readonly id: string
  /** The SHA-256 of the whole token, in hexadecimal: what is stored in its place. */
  readonly hash: string
}

/** A token that was made. */
export interface NewApiToken extends ApiTokenReference {
  /** What its owner sends with requests. It is shown once and kept nowhere. */
  readonly token: string
}

/** What a token's id looks like: 32 random bytes. */
export const API_TOKEN_ID: RegExp = /^[\w-]{43}$/

const Claims = z.object({ jti: z.string().regex(API_TOKEN_ID), iat: z.int() })

/** Make an API token, signed with `key`, with this `id` or a random one. It says nothing of its owner, and it does not expire. */
export async function createApiToken(
  key: Uint8Array,
  id: string = randomBytes(32).toString('base64url'),
): Promise<NewApiToken> {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setJti(id)
    .setIssuedAt()
    .sign(key)
  return { id, token, hash: hashOf(token) }
}

/**
 * What the database knows `token` by, or undefined unless it was signed with `key`. Whether it was
 * revoked is the database's to say: look `hash` up.
 */
export async function readApiToken(token: string, key: Uint8Array): Promise<ApiTokenReference | undefined> {
  if (token.length > LONGEST) return undefined
  try {
    const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] })
    const claims = Claims.safeParse(payload)
    return claims.success ? { id: claims.data.jti, hash: hashOf(token) } : undefined
  } catch (error) {
    if (error instanceof errors.JOSEError) return undefined
    throw error
  }
}

/**
 * The token in the `Authorization` of `headers`: alone, as CKAN's clients send it, or after `Bearer`.
 * Undefined when there is none, and for other schemes, such as the `Basic` of a proxy in front.
 * It was not looked at: that is {@link readApiToken}'s part. `X-CKAN-API-Key` is ignored.
 */
export function bearerOf({ authorization }: IncomingHttpHeaders): string | undefined {
  return /^\s*(?:bearer\s+)?(?<token>\S+)\s*$/i.exec(authorization ?? '')?.groups?.['token']
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
