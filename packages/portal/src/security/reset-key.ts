import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A key that lets its holder set a new password. */
export interface ResetKey {
  /** 32 hexadecimal characters: what is mailed, and kept nowhere. */
  readonly key: string
  /** Its SHA-256, in hexadecimal: what is stored. */
  readonly hash: string
}

/** Make a reset key. When it ends, and that it is good once, is its keeper's to see to. */
export function createResetKey(): ResetKey {
  const key = randomBytes(16).toString('hex')
  return { key, hash: hashOf(key).toString('hex') }
}

/** Whether `key` is the one that `hash` was made from; how long that takes tells nothing of either. */
export function resetKeyMatches(key: string, hash: string): boolean {
  const stored = Buffer.from(hash, 'hex')
  return /^[\da-f]{32}$/.test(key) && stored.length === 32 && timingSafeEqual(hashOf(key), stored)
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
