import { parseOptions } from '@node-rs/argon2'
import { expect, test } from 'vitest'

import { hashPassword, verifyPassword } from './passwords.ts'

test('a password fits its own hash and no other does', async () => {
  const hash = await hashPassword('correct horse')

  expect(await verifyPassword('correct horse', hash)).toBe(true)
  expect(await verifyPassword('correct horsf', hash)).toBe(false)
  expect(await verifyPassword('', hash)).toBe(false)
})

test('a hash is argon2id with what OWASP advises, and has its own salt', async () => {
  const [one, other] = await Promise.all([hashPassword('correct horse'), hashPassword('correct horse')])

  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(other)
  expect(parseOptions(one).saltLen).toBeGreaterThanOrEqual(16)
})

test('letters that are written in two ways are one', async () => {
  const hash = await hashPassword('caf\u00e9 au lait')

  expect(await verifyPassword('cafe\u0301 au lait', hash)).toBe(true)
})

test('nobody has a password, and saying so takes as long', async () => {
  const hash = await hashPassword('correct horse')
  const times = { somebody: Infinity, nobody: Infinity, unreadable: Infinity }
  const time = async (who: keyof typeof times, hashed: string | undefined): Promise<void> => {
    const before = performance.now()
    expect(await verifyPassword('wrong password', hashed)).toBe(false)
    times[who] = Math.min(times[who], performance.now() - before)
  }
  // In turns, so that what else the machine does slows all of them.
  for (let round = 0; round < 7; round++) {
    await time('somebody', hash)
    await time('nobody', undefined)
    await time('unreadable', 'plain text from somewhere')
  }

  // Without the work it is a thousand times faster.
  expect(times.nobody).toBeGreaterThan(times.somebody / 3)
  expect(times.unreadable).toBeGreaterThan(times.somebody / 3)
})

test('what is longer than any password is not hashed', async () => {
  const longest = '\u{ffff}'.repeat(1024)
  const huge = 'x'.repeat(1024 * 1024)
  const hash = await hashPassword(longest)

  expect(await verifyPassword(longest, hash)).toBe(true)
  await expect(hashPassword(huge)).rejects.toMatchObject({ code: 'PASSWORD_TOO_LONG' })
  expect(await verifyPassword(huge, hash)).toBe(false)
})

test('many at once are all answered', async () => {
  const hash = await hashPassword('correct horse')
  const guesses = ['correct horse', ...Array.from({ length: 10 }, (_, index) => `guess ${index}`)]

  expect(await Promise.all(guesses.map((guess) => verifyPassword(guess, hash)))).toEqual([
    true,
    ...Array.from({ length: 10 }, () => false),
  ])
})
