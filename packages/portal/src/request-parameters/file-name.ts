import { extname } from 'node:path'

const MAX_CHARACTERS = 200

/** An ending longer than this is no file type, and may be cut with the rest. */
const MAX_ENDING = 20

/**
 * The name for a file that a client calls `given`: the last segment of a path,
 * without control characters, at most 200 characters with the ending kept, never empty.
 *
 * It is for people and for `Content-Disposition`. It is not for a path: nothing is stored under it.
 */
export function cleanFileName(given: string): string {
  const segment = given.split(/[/\\]/).at(-1) ?? ''
  const name = segment.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/gu, '').trim()
  if (/^\.*$/.test(name)) return 'file'
  if (name.length <= MAX_CHARACTERS) return name
  const ending = extname(name)
  const kept = ending.length <= MAX_ENDING ? ending : ''
  // Not half of a character that takes two.
  return name.slice(0, MAX_CHARACTERS - kept.length).replace(/[\uD800-\uDBFF]$/, '') + kept
}
