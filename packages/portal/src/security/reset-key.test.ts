import { expect, test } from 'vitest'

import { createResetKey, resetKeyMatches } from './reset-key.ts'

test('a key fits its own hash and no other does', () => {
  const { key, hash } = createResetKey()
  const other = createResetKey()

  expect(key).toMatch(/^[\da-f]{32}$/)
  expect(hash).toMatch(/^[\da-f]{64}$/)
  expect(resetKeyMatches(key, hash)).toBe(true)
  expect(resetKeyMatches(other.key, hash)).toBe(false)
  expect(resetKeyMatches(key, other.hash)).toBe(false)
})

test('what is no key fits nothing, and neither does the hash itself', () => {
  const { key, hash } = createResetKey()

  for (const wrong of ['', key.toUpperCase(), `${key}0`, ` ${key}`, `${key}\n`, hash, key.slice(1)]) {
    expect(resetKeyMatches(wrong, hash)).toBe(wrong === key)
  }
  for (const stored of ['', key, 'x'.repeat(64), hash.slice(2)])
    expect(resetKeyMatches(key, stored)).toBe(false)
})
