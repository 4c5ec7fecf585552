import { callsIn } from './call-log.ts'
import { drain, startChild } from './crash-child.ts'
import type { CrashDatabase } from './crash-database.ts'
import { hitOf, KILL_POINTS, NAMED_POINTS, type KillPoint } from './kill-points.ts'
import type { Mode } from './mode.ts'
import { randomOf, type Random } from './random.ts'
import { verdictOf, type Verdict } from './verdict.ts'

/** How long the parent lets a child live that is to die at any moment, in milliseconds from when its modules are loaded. */
const LONGEST_LIFE_MS = 1500
/** A child that has not come to its point is killed after so long. */
const PATIENCE_MS = 60_000

/** How many processes died at which point. */
type KillCounts = Readonly<Record<KillPoint, number>>

export interface RoundOptions extends Mode {
  readonly kills: number
  readonly seed: number
  /** Ends the round early: what has happened by then is judged. */
  readonly signal: AbortSignal
}

/** What one database lived through. */
export interface Killed {
  readonly kills: number
  readonly points: KillCounts
  /** Deliver the rest, and compare. */
  judge(): Promise<Verdict>
}

/** Kill processes on `place` one after the other, each at a point that the seed chooses. */
export async function killOn(place: CrashDatabase, options: RoundOptions): Promise<Killed> {
  const { batchSize, shards, kills, seed, signal } = options
  const { database, log } = place
  const random = randomOf(seed)
  const points: Record<KillPoint, number> = noKills()
  let dead = 0
  // Each point in turn, in another order each time: the smallest round has all of them.
  let deck: KillPoint[] = []
  for (let child = 1; dead < kills && !signal.aborted; child++) {
    if (deck.length === 0) deck = shuffled(KILL_POINTS, random)
    const wanted = deck.pop() ?? 'any moment'
    const point = await killOne({ ...place, batchSize, shards, child: `${child}` }, wanted, random)
    // It is still to be tried.
    if (point !== wanted) deck.push(wanted)
    if (point === undefined) continue
    dead += 1
    points[point] += 1
  }
  return {
    kills: dead,
    points,
    async judge() {
      const drained = await drain({ database, log, shards })
      return verdictOf(drained, await callsIn(log), options)
    },
  }
}

/** Start a child that is to die at `wanted`, and resolve with where it died; undefined when it ended well before. */
async function killOne(
  plan: Pick<CrashDatabase, 'database' | 'log'> & Mode & { readonly child: string },
  wanted: KillPoint,
  random: Random,
): Promise<KillPoint | undefined> {
  const { database, log, batchSize, shards } = plan
  const point = NAMED_POINTS.find((each) => each === wanted)
  const stops = wanted.endsWith('release') && random.chance(0.5)
  const child = await startChild({
    database,
    log,
    batchSize,
    shards,
    child: plan.child,
    seed: random.whole(1, 2 ** 31),
    work: 'mixed',
    // A process that stops gives its jobs back by one statement.
    kill: point && { point, hit: stops ? 1 : hitOf(point, batchSize, random) },
    stops,
  })
  const life = point === undefined ? random.whole(0, LONGEST_LIFE_MS) : PATIENCE_MS
  let late = point === undefined
  await child.started
  const timer = setTimeout(() => {
    late = true
    child.kill()
  }, life)
  const { killed } = await child.ended
  clearTimeout(timer)
  if (!killed) return undefined
  return late ? 'any moment' : wanted
}

export function noKills(): Record<KillPoint, number> {
  return {
    'before insert': 0,
    'after insert': 0,
    'before commit': 0,
    'after commit': 0,
    'before claim': 0,
    'after claim': 0,
    'receiver call': 0,
    'receiver return': 0,
    'before record': 0,
    'after record': 0,
    'before release': 0,
    'after release': 0,
    'any moment': 0,
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const left = [...items]
  const order: T[] = []
  while (left.length > 0) order.push(...left.splice(random.whole(0, left.length - 1), 1))
  return order
}
