/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from `least` to `most`, both included. */
  whole(least: number, most: number): number
  /** True in `share` of the cases, from 0 to 1. */
  chance(share: number): boolean
  pick<T>(choices: readonly T[]): T
}

/** Numbers by the generator mulberry32 from `seed`. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1))
  return {
    whole,
    chance: (share) => next() < share,
    pick(choices) {
      const [first] = choices.slice(whole(0, choices.length - 1))
      if (first === undefined) throw new Error('There is nothing to pick from.')
      return first
    },
  }
}
