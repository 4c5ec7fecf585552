/** Ways to break the outbox, each with the test that must notice. */

/** One change of a source file. */
export interface Mutation {
  /** What is wrong with it, in a sentence. */
  readonly name: string
  /** In `packages/outbox/src`. */
  readonly file: string
  /** Occurs once in the file. */
  readonly from: string
  readonly to: string
  /** What must turn red: its file in `test`, and how its title begins. */
  readonly test: readonly [file: string, title: string]
}

const GUARDS = 'outbox-guards.test.ts'
const SHARDS = 'outbox-shards.test.ts'
const SHARD_FAULTS = 'outbox-shards-faults.test.ts'
const PARKED_SHARDS = 'outbox-parked-shards.test.ts'
const STOPS = 'outbox-stops.test.ts'
const SENDING = 'outbox-sending.test.ts'
const DELIVERY = 'outbox-delivery.test.ts'

export const mutations: readonly Mutation[] = [
  {
    name: 'Jobs are stored outside of the transaction.',
    file: 'job-store.ts',
    from: '{ returnId: true, db: fromKysely(em().getKysely()) }',
    to: '{ returnId: true, db: { executeSql: (text, values) => rawDatabase().execute(text, values) } }',
    test: [GUARDS, 'delivers nothing of a transaction that the database refuses at its commit'],
  },
  {
    name: 'Jobs are stored after the commit.',
    file: 'transaction-buffer.ts',
    from: 'outermost.lastBeforeCommit(',
    to: 'outermost.afterCommit(',
    test: [SENDING, 'that cannot be stored at the commit undoes the transaction'],
  },
  {
    name: 'What a savepoint sent is kept when that is undone.',
    file: 'durable-delivery.ts',
    from: `refuseInvalid(send.signal, checked)
      buffer.add(transaction, jobsOf(send, event))`,
    to: `refuseInvalid(send.signal, checked)
      let whole: { readonly outer?: typeof whole } & typeof transaction = transaction
      while (whole.outer) whole = whole.outer
      buffer.add(whole, jobsOf(send, event))`,
    test: [SENDING, 'loses with a savepoint that is undone only what was sent in it'],
  },
  {
    name: 'Nobody looks whether all jobs were stored.',
    file: 'job-store.ts',
    from: 'if (ids?.length !== jobs.length) {',
    to: 'if (ids === undefined) {',
    test: [GUARDS, 'undoes a transaction of which the database has not taken every job'],
  },
  {
    name: 'Receivers are called before the payload is checked.',
    file: 'durable-delivery.ts',
    from: `      refuseInvalid(send.signal, checked)
      buffer.add(transaction, jobsOf(send, event))
      return inline()`,
    to: `      const result = inline()
      refuseInvalid(send.signal, checked)
      buffer.add(transaction, jobsOf(send, event))
      return result`,
    test: [SENDING, 'of a payload that cannot be stored is refused before anyone is called'],
  },
  {
    name: 'A delivery is recorded for whoever has the claim.',
    file: 'outbox-worker.ts',
    from: `this.#failures.delete(queueOf({ plugin, subscription }))
      return { id: job.id, status: 'completed' }`,
    to: `await this.#boss.complete(queue, job.id)
      return { id: job.id, status: 'completed' }`,
    test: [DELIVERY, 'that wakes up after its job was given to another cannot settle it'],
  },
  {
    name: 'A failure with a delay is recorded for whoever has the claim.',
    file: 'job-store.ts',
    from: 'and retry_count = $3::int and retry_count < retry_limit',
    to: 'and $3::int < retry_limit',
    test: [GUARDS, 'does not delay a job that another has claimed since'],
  },
  {
    name: 'A job is given back whoever has the claim.',
    file: 'job-store.ts',
    from: "and state = 'active' and retry_count = $3::int`,",
    to: "and state = 'active' and $3::int is not null`,",
    test: [GUARDS, 'does not give back the job of a paused shard that another has claimed since'],
  },
  {
    name: 'Events coalesce for whoever has the claim.',
    file: 'current-event.ts',
    from: 'and retry_count = $3::int for update',
    to: 'and $3::int is not null for update',
    test: [GUARDS, 'leaves newer events to the other who has the claim for the oldest now'],
  },
  {
    name: 'A receiver with shards is called though the claim has lapsed.',
    file: 'outbox-worker.ts',
    from: 'await currentEvent(store, queue, job, parsed.data)',
    to: '((await currentEvent(store, queue, job, parsed.data)) ?? parsed.data)',
    test: [GUARDS, 'leaves newer events to the other who has the claim for the oldest now'],
  },
  {
    name: 'Events coalesce without a claim.',
    file: 'current-event.ts',
    from: `      and exists (select from claim)
    order by`,
    to: `    order by`,
    test: [GUARDS, 'leaves newer events to the other who has the claim for the oldest now'],
  },
  {
    name: 'Events coalesce with what is about something else.',
    file: 'current-event.ts',
    from: '(select id from ahead where about = $5)',
    to: '(select id from ahead where $5 is not null)',
    test: [SHARDS, 'that coalesces hears the newest of what waits about the same'],
  },
  {
    name: 'The oldest of what coalesces wins.',
    file: 'current-event.ts',
    from: 'order by same.created_on desc, same.id desc limit 1',
    to: 'order by same.created_on, same.id limit 1',
    test: [SHARDS, 'that coalesces hears the newest of what waits about the same'],
  },
  {
    name: 'An older event takes the place of a newer one.',
    file: 'current-event.ts',
    from: 'where (same.created_on, same.id) > (claim.created_on, claim.id)',
    to: 'where claim.id is not null',
    test: [SHARD_FAULTS, 'that coalesces is not taken back by an older job'],
  },
  {
    name: 'What is added while a coalescing receiver runs is deleted with its job.',
    file: 'outbox-worker.ts',
    from: `this.#failures.delete(queueOf({ plugin, subscription }))
      return { id: job.id, status: 'completed' }`,
    to: `await this.#boss.deleteQueuedJobs(queue)
      return { id: job.id, status: 'completed' }`,
    test: [SHARDS, 'that coalesces hears afterwards what is added while it runs'],
  },
  {
    name: 'Parked jobs stay when something newer about the same is delivered.',
    file: 'current-event.ts',
    from: "and singleton_key = $4 and data ->> 'coalesce' = $5\n      and (source",
    to: 'and singleton_key = $4 and false\n      and (source',
    test: [SHARDS, 'that coalesces hears the newest when it is called again'],
  },
  {
    name: 'Parked jobs go when something older about the same is delivered.',
    file: 'current-event.ts',
    from: 'and (source_created_on, coalesce(source_root_id, source_id)) < (select created_on, id from claim)',
    to: 'and exists (select from claim)',
    test: [PARKED_SHARDS, 'are not taken for older than one that comes back'],
  },
  {
    name: 'A stop gives back what has returned.',
    file: 'outbox-worker.ts',
    from: '[...this.#batches].map((batch) => this.#recordDelivered(batch))',
    to: '[...this.#batches].map(() => Promise.resolve())',
    test: [STOPS, 'gives back the job of a receiver that runs too long'],
  },
  {
    name: 'A stop does not wait for receivers that were quarantined.',
    file: 'outbox-worker.ts',
    from: 'Promise.all([...this.#takers.keys()]',
    to: 'Promise.all([...this.#working.keys()]',
    test: [STOPS, 'waits for calls of a receiver that has been quarantined'],
  },
  {
    name: 'A receiver is called for more while it is being quarantined.',
    file: 'outbox-worker.ts',
    from: 'await this.#looking\n',
    to: '\n',
    test: [DELIVERY, 'that fails too often in a row is set aside'],
  },
  {
    name: 'A drain does not wait for what runs.',
    file: 'job-queries.ts',
    from: '[due, parked, active].map(',
    to: '[due, parked, active].slice(0, 2).map(',
    test: [DELIVERY, 'is waited for by a drain'],
  },
  {
    name: 'An upgrade leaves out indexes.',
    file: 'boss-schema.ts',
    from: `indexes.replaceAll(' CONCURRENTLY ', ' ')`,
    to: 'indexes.slice(0, 0)',
    test: ['outbox-schema.test.ts', 'of any older version is after its upgrade'],
  },
  {
    name: 'A shard is in the order in which its transactions began.',
    file: 'job-store.ts',
    from: 'if (own[0]?.shard !== undefined) await this.#inOrder(name, ids)',
    to: '',
    test: [GUARDS, 'delivers the events of a shard in the order of their storing'],
  },
  {
    name: 'A newer job of a shard is due before an older one.',
    file: 'job-store.ts',
    from: ', start_after = statement_timestamp()',
    to: '',
    test: [GUARDS, 'delivers the events of a shard in the order of their storing, also when a look'],
  },
  {
    name: 'A drain overlooks what was stored after its look had begun.',
    file: 'job-queries.ts',
    from: '(select clock_timestamp())',
    to: '${SCHEMA}.job_now()',
    test: [GUARDS, 'drains what a receiver sent and finished while the look'],
  },
  {
    name: 'A shard goes on that a parked job holds.',
    file: 'shard-key.ts',
    from: "subscription.options.whenParked === 'hold'",
    to: 'subscription.options.attempts < 0',
    test: [SHARDS, 'that says so waits with the shard of a parked job'],
  },
  {
    name: 'What holds a shard is deleted when it is as old as delivered jobs get.',
    file: 'parked-jobs.ts',
    from: 'set deletion_seconds = 0 where',
    to: 'set deletion_seconds = deletion_seconds where',
    test: [SHARD_FAULTS, 'that is held stays held'],
  },
  {
    name: 'A job that was given back is settled with those that were taken with it.',
    file: 'outbox-worker.ts',
    from: 'if (outcome === undefined) takeOut(batch, ({ id }) => id === job.id)',
    to: `if (outcome === undefined) return { id: job.id, status: 'failed' }`,
    test: [SHARD_FAULTS, 'that is paused belongs to others at once'],
  },
]
