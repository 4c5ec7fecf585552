/** What a program does with an outbox. */
import { transaction } from '@aldis/models'
import * as fc from 'fast-check'

import type { OutboxModel } from './outbox-model.ts'
import { keyOf, type OutboxSystem } from './outbox-model-system.ts'
import {
  ACTS,
  changed,
  noted,
  SUBSCRIPTIONS,
  Change,
  type Act,
  type Call,
  type Subscription,
} from './outbox-model-witness.ts'

interface Send {
  readonly signal: 'changed' | 'noted'
  readonly shard: string
  readonly item: string
}
interface Program {
  readonly before: readonly Send[]
  readonly savepoint: readonly Send[]
  readonly undone: boolean
  readonly after: readonly Send[]
  readonly commits: boolean
}

type Awakening = 'returned' | 'failed'
type Run = (system: OutboxSystem, model: OutboxModel) => Promise<void>

/** A step that can always be made; what must hold is looked at after it. */
class Step implements fc.AsyncCommand<OutboxModel, OutboxSystem, true> {
  readonly #name: string
  readonly #run: Run

  constructor(name: string, run: Run) {
    this.#name = name
    this.#run = run
  }

  check(): Promise<boolean> {
    return Promise.resolve(true)
  }

  async run(model: OutboxModel, system: OutboxSystem): Promise<void> {
    await this.#run(system, model)
    await model.check(system)
  }

  toString(): string {
    return this.#name
  }
}

class Undone extends Error {}

function send({ signal, shard, item }: Send, model: OutboxModel): Change {
  const change = { shard, item, n: ++model.sent }
  if (signal === 'changed') changed.send('web', change)
  else noted.send('web', change)
  return change
}

async function transact({ before, savepoint, undone, after, commits }: Program, model: OutboxModel) {
  const kept: [Change, Send][] = []
  const sendAll = (sends: readonly Send[], keep: boolean): void => {
    for (const each of sends) {
      const change = send(each, model)
      if (keep) kept.push([change, each])
    }
  }
  const inside = (): void => {
    sendAll(savepoint, !undone)
    if (undone) throw new Undone()
  }
  const done = transaction(async () => {
    sendAll(before, true)
    if (savepoint.length > 0) await transaction(inside).catch(unlessUndone)
    sendAll(after, true)
    if (!commits) throw new Undone()
  })
  await done.catch(unlessUndone)
  if (!commits) return
  for (const [change, { signal }] of kept) {
    const reached: readonly Subscription[] =
      signal === 'noted' ? ['note'] : ['plain', 'serial', 'strict', 'newest']
    model.committed.set(change.n, { change, matched: model.enabled ? reached : [] })
  }
}

function unlessUndone(error: unknown): void {
  if (!(error instanceof Undone)) throw error
}

async function discard(system: OutboxSystem, model: OutboxModel, subscription: Subscription): Promise<void> {
  const filter = { plugin: 'subject', subscription, state: 'parked' } as const
  for (const { id } of await system.outbox.list(filter)) {
    const { n } = Change.parse((await system.outbox.show(id))?.payload)
    model.discarded.add(`${subscription} ${n}`)
  }
  await system.outbox.discard(filter)
}

async function retry(system: OutboxSystem, model: OutboxModel, subscription: Subscription): Promise<void> {
  const filter = { plugin: 'subject', subscription, state: 'parked' } as const
  for (const job of await system.outbox.list(filter)) model.retried.add(keyOf(job))
  await system.outbox.retry(filter)
}

/** Another worker takes what hangs in one, and may hang too. */
async function takeOver(system: OutboxSystem, call: Call | undefined, hangs: boolean): Promise<void> {
  if (call === undefined) return
  await system.expire([call.subscription])
  await system.pass()
  if (hangs) system.witness.plan(call.subscription, 'hang')
  await system.work()
}

/** A worker stops for longer than its lease, another takes over, and the first wakes up while that still runs. */
async function pause(system: OutboxSystem, subscription: Subscription, how: Awakening): Promise<void> {
  const before = new Set(system.witness.hanging)
  system.witness.plan(subscription, 'hang')
  await system.work()
  const call = system.witness.hanging.find((each) => each.subscription === subscription && !before.has(each))
  await takeOver(system, call, true)
  if (call) await system.wake([call], how)
}

/** Everything comes back, and all that there is can be delivered. */
export async function settle(system: OutboxSystem, model: OutboxModel): Promise<void> {
  system.witness.forgetPlans()
  model.enabled = true
  await system.enable()
  await system.wake(system.witness.hanging, 'returned')
  await system.expire(SUBSCRIPTIONS)
  for (const subscription of SUBSCRIPTIONS) await retry(system, model, subscription)
  await system.pass()
  await system.work()
  await model.check(system)
  const { waiting, running, parked } = await system.outbox.stats()
  if (waiting + running + parked > 0) {
    throw new Error(`${waiting} jobs wait, ${running} run and ${parked} are parked in the end`)
  }
  model.checkComplete(system)
}

const subscription = fc.constantFrom(...SUBSCRIPTIONS)
const oneSend = fc.record<Send>({
  signal: fc.constantFrom('changed', 'changed', 'changed', 'noted'),
  shard: fc.constantFrom('a', 'b'),
  item: fc.constantFrom('x', 'y'),
})
const sends = fc.array(oneSend, { maxLength: 3 })
const program: fc.Arbitrary<Program> = fc.record({
  before: fc.array(oneSend, { minLength: 1, maxLength: 3 }),
  savepoint: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: sends }),
  undone: fc.boolean(),
  after: sends,
  commits: fc.oneof(
    { weight: 4, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
})
const of = (
  run: (system: OutboxSystem, id: Subscription, model: OutboxModel) => Promise<void>,
  name: string,
) => subscription.map((id) => new Step(`${name} ${id}`, (system, model) => run(system, id, model)))
const always = (name: string, run: Run) => fc.constant(new Step(name, run))

const sending = program.map(
  (each) => new Step(`send ${JSON.stringify(each)}`, (_system, model) => transact(each, model)),
)
const planning = fc
  .tuple(subscription, fc.constantFrom<Act>(...ACTS, 'hang', 'hang'))
  .map(([id, act]) => new Step(`${id} will ${act}`, ({ witness }) => Promise.resolve(witness.plan(id, act))))
const working = always('work', (system) => system.work())
const one = fc.nat({ max: 3 })
const how = fc.constantFrom<Awakening>('returned', 'failed')
const pick = ({ witness: { hanging } }: OutboxSystem, index: number): Call | undefined =>
  hanging[index % hanging.length]
const waking = fc.tuple(one, how).map(
  ([index, awakening]) =>
    new Step(`wake ${index}, which ${awakening}`, async (system) => {
      const call = pick(system, index)
      if (call) await system.wake([call], awakening)
    }),
)
const takingOver = fc
  .tuple(one, fc.boolean())
  .map(
    ([index, hangs]) =>
      new Step(`take ${index} over${hangs ? ', and hang' : ''}`, (system) =>
        takeOver(system, pick(system, index), hangs),
      ),
  )
const pausing = fc
  .tuple(subscription, how)
  .map(
    ([id, awakening]) =>
      new Step(`pause ${id}, which ${awakening} then`, (system) => pause(system, id, awakening)),
  )

/** The steps of programs. */
export const steps: fc.Arbitrary<Step>[] = [
  sending,
  sending,
  sending,
  planning,
  planning,
  planning,
  working,
  working,
  working,
  of((system, id) => system.expire([id]), 'expire'),
  takingOver,
  pausing,
  pausing,
  of((system, id) => system.kill(id), 'kill'),
  always('let time pass', (system) => system.pass()),
  waking,
  always('stop', (system) => system.stopOldest()),
  of((system, id, model) => retry(system, model, id), 'retry'),
  of((system, id, model) => discard(system, model, id), 'discard'),
  always('disable', async (system, model) => {
    await system.disable()
    model.enabled = false
  }),
  always('enable', async (system, model) => {
    await system.enable()
    model.enabled = true
  }),
]
