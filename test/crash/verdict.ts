import type { CallLine, Drained } from './crash-plan.ts'
import type { Mode } from './mode.ts'
import { brokenOrder } from './shard-order.ts'

/** What became of the events of a database after its processes were killed, and after one more has delivered the rest. */
export interface Verdict {
  /** How many events have committed. */
  readonly committed: number
  /** For how many events a receiver returned. */
  readonly delivered: number
  /** Of those that have committed, for how many no receiver returned. */
  readonly lost: number
  /** How often a receiver returned once more for the same event. */
  readonly duplicates: number
  /** What must never be, each in a sentence. */
  readonly broken: readonly string[]
}

/** Compare what the database has with what receivers told, which is not in the database. */
export function verdictOf(
  drained: Drained,
  calls: readonly CallLine[],
  { batchSize, shards }: Mode,
): Verdict {
  const committed = new Set(drained.committed)
  const returns = Map.groupBy(
    calls.filter(({ what }) => what === 'returns'),
    ({ id }) => id,
  )
  const lost = drained.committed.filter((id) => !returns.has(id))
  // Whoever returned and was not the last for its event died before that was recorded.
  const again = [...returns.values()].flatMap((own) => own.slice(0, -1))
  const duplicates = again.length
  const broken: string[] = []
  const unless = (holds: boolean, sentence: string): void => {
    if (!holds) broken.push(sentence)
  }
  unless(lost.length === 0, `${lost.length} events are lost, such as ${lost[0]}.`)
  const phantoms = [...new Set(calls.map(({ id }) => id))].filter((id) => !committed.has(id))
  unless(
    phantoms.length === 0,
    `${phantoms.length} events were delivered and never committed, such as ${phantoms[0]}.`,
  )
  for (const [child, own] of Map.groupBy(again, ({ child }) => child)) {
    unless(
      own.length <= batchSize,
      `The death of child ${child} made ${own.length} duplicates, and may make ${batchSize} at most.`,
    )
  }
  const ids = Map.groupBy(calls, ({ id }) => id).values()
  const renamed = [...ids].filter((own) => new Set(own.map(({ eventId }) => eventId)).size > 1)
  unless(
    renamed.length === 0,
    `${renamed.length} events had another id when they came again, such as ${renamed[0]?.[0]?.id}.`,
  )
  const { waiting, running } = drained
  unless(waiting + running === 0, `${waiting} jobs wait and ${running} run without an end.`)
  unless(drained.parked === 0, `${drained.parked} jobs are parked.`)
  unless(
    drained.delivered === committed.size,
    `${drained.delivered} jobs are recorded as delivered, for ${committed.size} events.`,
  )
  if (shards) broken.push(...brokenOrder(drained.committed, calls))
  return { committed: committed.size, delivered: returns.size, lost: lost.length, duplicates, broken }
}
