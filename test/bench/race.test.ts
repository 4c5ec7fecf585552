import { expect, test } from 'vitest'
import type { Pace } from './case.ts'
import { median, race, takeTurns } from './race.ts'

const pace: Pace = { smoke: true, rounds: 3, sampleMs: 0.01 }

test('a race refuses a contender whose calls do not reach the receivers', () => {
  let calls = 0
  const take = (): number => {
    const taken = calls
    calls = 0
    return taken
  }
  const calling = (perOperation: number) => (times: number) => {
    for (let i = 0; i < times * perOperation; i++) calls++
  }
  const proof = { take, perOperation: 2 }

  expect(race([{ name: 'honest', run: calling(2), proof }], pace).median('honest')).toBeGreaterThan(0)
  expect(() => race([{ name: 'lazy', run: calling(1), proof }], pace)).toThrow(
    /^lazy: \d+ calls were counted instead of \d+/,
  )
})

test('a race refuses a contender that takes no time however often it runs', () => {
  expect(() => race([{ name: 'gone', run: () => {} }], { ...pace, sampleMs: 10 })).toThrow(/^gone: /)
})

test('each round begins with another runner', async () => {
  const turns: string[] = []
  const runner = (name: string) => ({ name, sample: async () => turns.push(name) })

  await takeTurns([runner('a'), runner('b'), runner('c')], 3)

  expect(turns.join('')).toBe('abcbcacab')
})

test('a ratio is the median of the ratios of each round, so a machine that slows down changes none', async () => {
  const speeds = [1, 1, 50, 50, 50]
  const runner = (name: string, factor: number) => {
    let round = 0
    return { name, sample: async () => (speeds[round++] ?? 1) * factor }
  }

  const result = await takeTurns([runner('slow', 3), runner('fast', 2)], speeds.length)

  expect(result.median('slow')).toBe(150)
  expect(result.ratio('slow', 'fast')).toBe(1.5)
})

test('the median of an even number of values is between the two in the middle', () => {
  expect(median([4, 1, 2, 9])).toBe(3)
  expect(median([3, 1, 2])).toBe(2)
})
