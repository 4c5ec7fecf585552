/** The order that the outbox promises inside a shard, read from what receivers told. */
import type { CallLine } from './crash-plan.ts'

/** The shards of one child. Those of a child that died wait for its lease to end, and the next has others. */
const SHARDS = 3

/** The id of the event that `child` sends as number `sent`. */
export const eventId = (child: string, sent: number): string => `${child}-${sent}`

/** The shard of the event `id`. */
export function shardOf(id: string): string {
  const [child, sent] = id.split('-')
  return `${child}-${Number(sent) % SHARDS}`
}

/**
 * What `calls`, in the order in which they were told, break of the order in which the `committed` were sent: each in a
 * sentence. An event of a shard is called when all before it have returned, and none behind it was called.
 */
export function brokenOrder(committed: readonly string[], calls: readonly CallLine[]): string[] {
  const broken: string[] = []
  const callsOf = Map.groupBy(calls, ({ id }) => shardOf(id))
  for (const [shard, inOrder] of Map.groupBy(committed.toSorted(bySending), shardOf)) {
    const places = new Map(inOrder.map((id, place) => [id, place]))
    // The one that is to be called, or to be called again.
    let current = 0
    let returned = false
    for (const { id, what } of callsOf.get(shard) ?? []) {
      const place = places.get(id)
      // It never committed, which is told elsewhere.
      if (place === undefined) continue
      if (returned && place === current + 1) {
        current = place
        returned = false
      }
      if (place !== current) {
        broken.push(`In shard ${shard}, ${id} was called in the turn of ${inOrder[current]}.`)
        break
      }
      if (what === 'returns') returned = true
    }
  }
  return broken
}

/** Inside a shard. */
function bySending(one: string, other: string): number {
  return numberOf(one) - numberOf(other)
}

const numberOf = (id: string): number => Number(id.split('-')[1])
