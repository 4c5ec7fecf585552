import { availableParallelism } from 'node:os'

import { messageOf } from '@aldis/core'

import type { CrashDatabases } from './crash-database.ts'
import { KILL_POINTS, type KillPoint } from './kill-points.ts'
import { Limit } from './limit.ts'
import type { Mode } from './mode.ts'
import { randomOf } from './random.ts'
import { killOn, noKills } from './round.ts'
import type { Verdict } from './verdict.ts'

/** A process that starts is waited for, and so are some that are to die. */
const LANES = 2 * availableParallelism()
/** How many databases at once wait for the leases of the dead, which costs next to nothing. */
const JUDGES = 6
/** How many processes die on one database. */
const KILLS_PER_DATABASE = 50

export interface Configuration extends Mode {
  readonly database: 'PGlite' | 'PostgreSQL'
  readonly databases: CrashDatabases
  readonly kills: number
}

/** What became of all events of a configuration. */
export interface Outcome extends Verdict, Mode {
  readonly database: 'PGlite' | 'PostgreSQL'
  readonly kills: number
  /** Each began one database. */
  readonly seeds: readonly number[]
  readonly points: Readonly<Record<KillPoint, number>>
}

export interface MatrixOptions {
  readonly seed: number
  /** How many processes live at once. @defaultValue twice the number of processors */
  readonly lanes?: number
  /** Ends it early: what was killed by then is judged. */
  readonly signal?: AbortSignal
  /** A database has been judged. */
  readonly onRound?: (round: Outcome) => void
}

/** Kill processes in each of `configurations`, and compare what committed with what was delivered. */
export async function crashMatrix(
  configurations: readonly Configuration[],
  { seed, lanes: width = LANES, signal = new AbortController().signal, onRound }: MatrixOptions,
): Promise<Outcome[]> {
  const random = randomOf(seed)
  const lanes = new Limit(width)
  const judges = new Limit(JUDGES)
  const round = async (
    { databases, ...configuration }: Configuration,
    kills: number,
    own: number,
  ): Promise<Outcome[]> => {
    const { batchSize, shards } = configuration
    const begun = await lanes.run(async () => {
      if (signal.aborted) return undefined
      const place = await databases.make()
      return { place, killed: await killOn(place, { batchSize, shards, kills, seed: own, signal }) }
    })
    if (begun === undefined) return []
    await using _place = begun.place
    const { killed } = begun
    const verdict = await judges.run(() => killed.judge())
    const outcome = { ...configuration, ...verdict, kills: killed.kills, seeds: [own], points: killed.points }
    onRound?.(outcome)
    return [outcome]
  }
  // In turn, so that an early end leaves something of each configuration.
  const rounds = configurations.flatMap((configuration, index) =>
    roundsOf(configuration.kills).map((kills, turn) => ({ configuration, kills, turn, index })),
  )
  rounds.sort((one, other) => one.turn - other.turn || one.index - other.index)
  const outcomes = await Promise.all(
    rounds.map(({ configuration, kills }) => {
      const own = random.whole(1, 2 ** 31)
      // A round that fails is reported with the others, and does not take along what they have shown.
      return round(configuration, kills, own).catch((error: unknown) => [
        { ...none, ...configuration, kills: 0, seeds: [own], broken: [`Seed ${own}: ${messageOf(error)}`] },
      ])
    }),
  )
  return configurations.map((configuration) => {
    const { database, batchSize, shards } = configuration
    const own = outcomes
      .flat()
      .filter((each) => each.database === database && each.batchSize === batchSize && each.shards === shards)
    return own.reduce(sum, { ...none, database, batchSize, shards })
  })
}

function roundsOf(kills: number): number[] {
  const count = Math.ceil(kills / KILLS_PER_DATABASE)
  return Array.from({ length: count }, (_, index) =>
    index < count - 1 ? KILLS_PER_DATABASE : kills - KILLS_PER_DATABASE * (count - 1),
  )
}

const none = {
  kills: 0,
  committed: 0,
  delivered: 0,
  lost: 0,
  duplicates: 0,
  broken: [],
  seeds: [],
  points: noKills(),
}

function sum(one: Outcome, other: Outcome): Outcome {
  const points = noKills()
  for (const point of KILL_POINTS) points[point] = one.points[point] + other.points[point]
  return {
    ...one,
    kills: one.kills + other.kills,
    committed: one.committed + other.committed,
    delivered: one.delivered + other.delivered,
    lost: one.lost + other.lost,
    duplicates: one.duplicates + other.duplicates,
    broken: [...one.broken, ...other.broken],
    seeds: [...one.seeds, ...other.seeds],
    points,
  }
}
