import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { LoginThrottle } from './login-throttle.ts'

const MINUTE = 60_000
const allowed = { allowed: true }

let throttle: LoginThrottle

beforeEach(() => {
  vi.useFakeTimers()
  throttle = new LoginThrottle()
})

afterEach(() => {
  vi.useRealTimers()
})

async function fail(times: number, login: string, address: string): Promise<void> {
  for (let time = 0; time < times; time++) expect(await throttle.attempt(login, address)).toEqual(allowed)
}

test('after five failures one waits for the rest of the quarter of an hour', async () => {
  await fail(5, 'ann', '192.0.2.1')
  vi.advanceTimersByTime(5 * MINUTE)

  expect(await throttle.attempt('ann', '192.0.2.1')).toEqual({ allowed: false, retryAfterMs: 10 * MINUTE })

  vi.advanceTimersByTime(10 * MINUTE)
  await fail(5, 'ann', '192.0.2.1')
  expect(await throttle.attempt('ann', '192.0.2.1')).toMatchObject({ allowed: false })
})

test('trying while one waits does not make the wait longer', async () => {
  await fail(5, 'ann', '192.0.2.1')
  for (let time = 0; time < 100; time++) await throttle.attempt('ann', '192.0.2.1')
  vi.advanceTimersByTime(15 * MINUTE)

  expect(await throttle.attempt('ann', '192.0.2.1')).toEqual(allowed)
})

test('a login is the same in capitals, and from the other addresses of one line', async () => {
  await fail(2, 'ann', '2001:db8::1')
  await fail(2, 'Ann', '2001:db8::2')
  await fail(1, 'ANN', '2001:db8::3')

  expect(await throttle.attempt('aNN', '2001:db8::4')).toMatchObject({ allowed: false })
})

test('others are not held up by the failures for one login', async () => {
  await fail(5, 'ann', '192.0.2.1')
  for (let time = 0; time < 100; time++) await throttle.attempt('ann', '192.0.2.1')

  expect(await throttle.attempt('ann', '192.0.2.2')).toEqual(allowed)
  expect(await throttle.attempt('ben', '192.0.2.1')).toEqual(allowed)
})

test('fifty failures from one address are enough, whatever the login', async () => {
  for (let user = 0; user < 50; user++) await fail(1, `user${user}`, '192.0.2.1')

  expect(await throttle.attempt('somebody', '192.0.2.1')).toEqual({
    allowed: false,
    retryAfterMs: 15 * MINUTE,
  })
  expect(await throttle.attempt('somebody', '192.0.2.2')).toEqual(allowed)
})

test('a success forgets the failures of its login, and only its own attempt of the address', async () => {
  for (let user = 0; user < 45; user++) await fail(1, `user${user}`, '192.0.2.1')
  await fail(5, 'ann', '192.0.2.1')
  await throttle.succeeded('ann', '192.0.2.1')

  expect(await throttle.attempt('ann', '192.0.2.1')).toEqual(allowed)
  expect(await throttle.attempt('ben', '192.0.2.1')).toMatchObject({ allowed: false })
})

test('logging in again and again is no failure', async () => {
  for (let time = 0; time < 200; time++) {
    expect(await throttle.attempt('ann', '192.0.2.1')).toEqual(allowed)
    await throttle.succeeded('ann', '192.0.2.1')
  }
})

test('attempts at the same moment are counted too', async () => {
  const attempts = await Promise.all(Array.from({ length: 100 }, () => throttle.attempt('ann', '192.0.2.1')))

  expect(attempts.filter((attempt) => attempt.allowed)).toHaveLength(5)
})

test('what is counted has an end, and the oldest is forgotten first', async () => {
  await fail(5, 'ann', '192.0.2.1')
  for (let user = 0; user < 10_000; user++) {
    const address = `10.${user >> 14}.${(user >> 7) & 127}.${user & 127}`
    await throttle.attempt(`user${user}`, address)
  }

  expect(await throttle.attempt('ann', '192.0.2.1')).toEqual(allowed)
  expect(vi.getTimerCount()).toBeLessThanOrEqual(20_000)
})
