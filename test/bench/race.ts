import type { Pace } from './case.ts'

/** One of the ways to do the same thing. */
export interface Contender {
  readonly name: string
  /** Do it `times` times. */
  readonly run: (times: number) => void
  /** What shows that it was done, so that no compiler can leave it out. */
  readonly proof?: Proof
}

/** What makes a sample trustworthy: every operation reached its receivers. */
interface Proof {
  /** The calls that receivers counted since this was last asked. */
  readonly take: () => number
  /** How many calls one operation makes. */
  readonly perOperation: number
}

/** What a race found, by the contenders' names. */
export class RaceResult {
  readonly #samples: ReadonlyMap<string, readonly number[]>

  constructor(samples: ReadonlyMap<string, readonly number[]>) {
    this.#samples = samples
  }

  /** What one operation of `name` takes, in nanoseconds or what its runner measures: the median over rounds. */
  median(name: string): number {
    return median(this.#of(name))
  }

  /** How many times `base` one operation of `name` takes: the median over rounds, each compared with itself. */
  ratio(name: string, base: string): number {
    const bases = this.#of(base)
    return median(this.#of(name).map((sample, round) => sample / (bases[round] ?? Number.NaN)))
  }

  #of(name: string): readonly number[] {
    const samples = this.#samples.get(name)
    if (samples === undefined) throw new Error(`No contender is called "${name}".`)
    return samples
  }
}

/**
 * Let `contenders` take turns in this process, each round beginning with
 * another of them, so that whatever slows the machine down slows all of them.
 */
export function race(contenders: readonly Contender[], pace: Pace): RaceResult {
  // All are warm before the first is measured: code that they share has then seen every one of them.
  for (const contender of contenders) timesFor(contender, pace.sampleMs)
  const lanes = contenders.map((contender) => ({
    contender,
    times: timesFor(contender, pace.sampleMs),
    samples: new Array<number>(),
  }))
  for (let round = 0; round < pace.rounds; round++) {
    const first = round % lanes.length
    for (const { contender, times, samples } of [...lanes.slice(first), ...lanes.slice(0, first)]) {
      contender.proof?.take()
      const elapsed = timeOf(contender.run, times)
      if (contender.proof !== undefined) check(contender.name, times, contender.proof)
      samples.push((elapsed / times) * 1e6)
    }
  }
  return new RaceResult(new Map(lanes.map(({ contender, samples }) => [contender.name, samples])))
}

/** A contender that measures itself: what is timed is only a part of what it does. */
export interface Runner {
  readonly name: string
  /** Do it once and tell how much of what is measured it took. */
  readonly sample: () => Promise<number>
}

/** Let `runners` take turns like {@link race}, one sample at a time. */
export async function takeTurns(runners: readonly Runner[], rounds: number): Promise<RaceResult> {
  const samples = new Map(runners.map(({ name }) => [name, new Array<number>()]))
  for (let round = 0; round < rounds; round++) {
    const first = round % runners.length
    for (const { name, sample } of [...runners.slice(first), ...runners.slice(0, first)]) {
      samples.get(name)?.push(await sample())
    }
  }
  return new RaceResult(samples)
}

/** The middle one of `values`. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
  return (lower + upper) / 2
}

/** So often a contender runs only when what it does was optimised away. */
const ENDLESS = 2 ** 32

/** How often a contender runs in a sample of `sampleMs`; finding out warms it up. */
function timesFor({ name, run }: Contender, sampleMs: number): number {
  for (let times = 1; times < ENDLESS; times *= 2) {
    // The best of three: a pause that is not the contender's must not make its samples short.
    const elapsed = Math.min(timeOf(run, times), timeOf(run, times), timeOf(run, times))
    if (elapsed >= sampleMs / 2) return Math.max(1, Math.round((times * sampleMs) / elapsed))
  }
  throw new Error(`${name}: however often it runs, it takes no time.`)
}

function timeOf(run: (times: number) => void, times: number): number {
  const start = performance.now()
  run(times)
  return performance.now() - start
}

function check(name: string, times: number, { take, perOperation }: Proof): void {
  const found = take()
  const expected = times * perOperation
  if (found !== expected) throw new Error(`${name}: ${found} calls were counted instead of ${expected}.`)
}
