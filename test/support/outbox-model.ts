/** What must hold of an outbox, whatever is done with it. */
import type { JobState } from '@aldis/outbox'

import { keyOf, type OutboxSystem } from './outbox-model-system.ts'
import { ATTEMPTS, nameOf, type Call, type Change, type Subscription } from './outbox-model-witness.ts'

/** What was committed, and for whom. */
export interface Committed {
  readonly change: Change
  readonly matched: readonly Subscription[]
}

/** What is known without looking at the outbox. */
export class OutboxModel {
  enabled = true
  /** How many events were sent; their numbers are 1 and so on. */
  sent = 0
  /** By number. */
  readonly committed = new Map<number, Committed>()
  /** The {@link keyOf} of jobs that an operator has retried when they were parked. */
  readonly retried = new Set<string>()
  /** Subscriptions and numbers of those that were discarded. */
  readonly discarded = new Set<string>()
  /** The states that jobs were seen in last. */
  #states = new Map<string, JobState>()

  /** @throws Error when something does not hold now */
  async check({ outbox, witness, faults }: OutboxSystem): Promise<void> {
    // From before the look at the jobs: workers go on meanwhile.
    const { hanging } = witness
    const broken = await this.#brokenStates(outbox)
    broken.push(
      ...witness.broken,
      ...this.#brokenCalls(witness.calls, faults),
      ...this.#brokenClaims(hanging),
    )
    if (broken.length > 0) throw new Error(broken.join('\n'))
  }

  /** @throws Error when something is lost, after everything that there is was delivered */
  checkComplete({ witness }: OutboxSystem): void {
    const heard = new Set(
      witness.calls
        .filter(({ state }) => state === 'returned')
        .map(({ subscription, change }) => `${subscription} ${change.n}`),
    )
    const missing: string[] = []
    for (const [n, { change, matched }] of this.committed) {
      for (const subscription of matched) {
        const key = `${subscription} ${n}`
        if (heard.has(key) || this.discarded.has(key)) continue
        if (subscription === 'newest' && this.#isSuperseded(n, change)) continue
        missing.push(`${subscription} never heard ${change.shard}/${change.item}=${n}`)
      }
    }
    if (missing.length > 0) throw new Error(missing.join('\n'))
  }

  /** Whether something newer about the same was committed for `newest`. */
  #isSuperseded(n: number, { shard, item }: Change): boolean {
    return [...this.committed.values()].some(
      ({ change, matched }) =>
        change.n > n && change.shard === shard && change.item === item && matched.includes('newest'),
    )
  }

  *#brokenCalls(calls: readonly Call[], faults: ReadonlyMap<string, number>): Generator<string> {
    const payloads = new Map<string, string>()
    const successes = new Map<string, number>()
    /** By subscription, and shard or what it is about: the newest that a call began with. */
    const newest = new Map<string, number>()
    for (const call of calls) {
      const { subscription, eventId, change, payload, attempt, state } = call
      const { n, shard, item } = change
      const key = keyOf(call)
      if (this.committed.get(n)?.matched.includes(subscription) !== true) {
        yield `${nameOf(call)} was called, and was never committed`
      }
      const known = payloads.get(eventId) ?? payload
      payloads.set(eventId, known)
      if (known !== payload)
        yield `${nameOf(call)} heard ${payload}, and ${known} was heard as the same event`
      if (attempt < 1 || attempt > ATTEMPTS) yield `${nameOf(call)} is one attempt too many`
      if (state === 'returned') successes.set(key, (successes.get(key) ?? 0) + 1)
      const most = 1 + (faults.get(key) ?? 0)
      if ((successes.get(key) ?? 0) > most) yield `${nameOf(call)} returned more than ${most} times`
      if (subscription === 'plain' || subscription === 'note') continue
      // A job that was parked comes late where its shard does not wait for it.
      if (subscription === 'serial' && this.retried.has(key)) continue
      const about = `${subscription} ${shard} ${subscription === 'newest' ? item : ''}`
      const before = newest.get(about) ?? 0
      if (n < before) yield `${nameOf(call)} was called after ${before}`
      newest.set(about, Math.max(n, before))
    }
  }

  async #brokenStates(outbox: OutboxSystem['outbox']): Promise<string[]> {
    const broken: string[] = []
    const states = new Map<string, JobState>()
    for (const job of await outbox.list({ plugin: 'subject' }, { limit: 10_000 })) {
      const key = keyOf(job)
      if (states.has(key)) broken.push(`${key} is there twice`)
      states.set(key, job.state)
      const before = this.#states.get(key)
      const left = before === 'delivered' || (before === 'parked' && !this.retried.has(key))
      if (left && before !== job.state) broken.push(`${key} was ${before}, and is ${job.state}`)
    }
    this.#states = new Map([...this.#states, ...states])
    return broken
  }

  /** Who hangs keeps its claim until that runs out, whatever others do that had it before. */
  #brokenClaims(hanging: readonly Call[]): string[] {
    const robbed = hanging.filter((call) => !call.lost && this.#states.get(keyOf(call)) !== 'running')
    return robbed.map((call) => `${nameOf(call)} runs, and its job is ${this.#states.get(keyOf(call))}`)
  }
}
