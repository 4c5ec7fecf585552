import type { Random } from './random.ts'

/** Where in the life of an event a process dies by its own hand. */
const STATEMENT_POINTS = [
  'before insert',
  'after insert',
  'before commit',
  'after commit',
  'before claim',
  'after claim',
  'before record',
  'after record',
  'before release',
  'after release',
] as const

/** `receiver call`: it has been called and has done nothing. `receiver return`: it has done all, and not returned. */
export const NAMED_POINTS = [...STATEMENT_POINTS, 'receiver call', 'receiver return'] as const
export type NamedPoint = (typeof NAMED_POINTS)[number]

/** Before a statement, whatever it does. */
export const ANY_STATEMENT = 'any statement'

/** The last one is for the parent, which kills without asking what the child does. */
export const KILL_POINTS = [...NAMED_POINTS, 'any moment'] as const
export type KillPoint = (typeof KILL_POINTS)[number]

/** At which of its times a point kills: late enough that batches are full and several are behind. */
export function hitOf(point: NamedPoint, batchSize: number, random: Random): number {
  return point.startsWith('receiver') ? random.whole(1, 2 * batchSize) : random.whole(1, 3)
}

/** What a statement is in the life of an event. */
export type StatementKind = 'insert' | 'commit' | 'claim' | 'record' | 'release'

const KINDS: readonly (readonly [StatementKind, RegExp])[] = [
  ['commit', /^\s*commit\s*;?\s*$/i],
  ['release', /DELETE FROM aldis_jobs\.\w+[\s\S]+INSERT INTO aldis_jobs\./i],
  ['insert', /INSERT INTO aldis_jobs\.\w+ \([\s\S]+json/i],
  ['claim', /UPDATE aldis_jobs\.\w+ j SET\s+state = 'active'/i],
  ['record', /UPDATE aldis_jobs\.\w+\s+(?:j\s+)?SET completed_on[\s\S]+state = 'completed'/i],
]

/** What `sql` is in the life of an event; undefined for everything else. */
export function kindOf(sql: string): StatementKind | undefined {
  return KINDS.find(([, pattern]) => pattern.test(sql))?.[0]
}
