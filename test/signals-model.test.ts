/**
 * Random programs against a signal and against a naive reference of its contract: both must call the same
 * receivers in the same order, and answer the same.
 */
import { ANY, namespace, type Connection, type Receiver, type Signal } from '@aldis/signals'
import * as fc from 'fast-check'
import { test } from 'vitest'

const SENDERS = ['web', 0, undefined, Number.NaN, ANY, { object: 1 }, { object: 2 }] as const
const RECEIVERS = 4
const UIDS = ['uid 1', 'uid 2'] as const
const THIS_ARGS = [{ self: 1 }, { self: 2 }] as const

/** What a connect is given. Receivers and senders are named by their number. */
interface Connect {
  readonly receiver: number
  readonly sender: number
  readonly priority?: number
  readonly uid?: number
  readonly thisArg?: number
}

/** What a receiver does, besides being called: with it, dispatches nest and change what they walk over. */
type Act =
  | { readonly do: 'connect'; readonly connect: Connect }
  | { readonly do: 'dispose'; readonly handle: number }
  | {
      readonly do: 'disconnect'
      readonly receiver: number
      readonly sender?: number
      readonly thisArg?: number
    }
  | { readonly do: 'disconnect uid'; readonly uid: number; readonly sender?: number }
  | { readonly do: 'send'; readonly sender: number; readonly robust: boolean }
  | { readonly do: 'mute' }
  | { readonly do: 'unmute' }

/** One step of a program: an act, with what each receiver does the first time it is called in it. */
interface Step {
  readonly act: Act
  readonly inside: readonly (Act | undefined)[]
  readonly throws: readonly number[]
}

/** What both sides can do. */
interface Subject {
  connect(connect: Connect, receive: () => void): () => void
  disconnect(what: { receiver?: number; uid?: number; sender?: number; thisArg?: number }): boolean
  /** Calls receivers through what `connect` was given. */
  send(sender: number, robust: boolean): void
  mute(): () => void
  reaches(sender: number): boolean
  readonly any: boolean
}

let made = 0

class Real implements Subject {
  readonly #signal: Signal = namespace('model').signal(`signal_${made++}`)
  readonly #receivers = new Map<number, Receiver>()

  connect({ receiver, sender, priority, uid, thisArg }: Connect, receive: () => void): () => void {
    const function_ = this.#receivers.get(receiver) ?? ((): void => receive())
    this.#receivers.set(receiver, function_)
    const connection: Connection = this.#signal.connect(function_, {
      sender: SENDERS[sender],
      ...(priority !== undefined && { priority }),
      ...(uid !== undefined && { dispatchUid: UIDS[uid] ?? '' }),
      ...(thisArg !== undefined && { thisArg: THIS_ARGS[thisArg] ?? {} }),
    })
    return () => connection.disconnect()
  }

  disconnect({ receiver, uid, sender, thisArg }: Parameters<Subject['disconnect']>[0]): boolean {
    const what = uid === undefined ? this.#receivers.get(receiver ?? 0) : { dispatchUid: UIDS[uid] ?? '' }
    if (what === undefined) return false
    return this.#signal.disconnect(what, {
      ...(sender !== undefined && { sender: SENDERS[sender] }),
      ...(thisArg !== undefined && { thisArg: THIS_ARGS[thisArg] ?? {} }),
    })
  }

  send(sender: number, robust: boolean): void {
    if (robust) this.#signal.sendRobust(SENDERS[sender], {})
    else this.#signal.send(SENDERS[sender], {})
  }

  mute(): () => void {
    const muted = this.#signal.muted()
    return () => muted[Symbol.dispose]()
  }

  reaches(sender: number): boolean {
    return this.#signal.hasReceiversFor(SENDERS[sender])
  }

  get any(): boolean {
    return this.#signal.hasReceivers
  }
}

interface ReferenceConnection {
  readonly connect: Connect
  readonly key: string
  readonly order: number
  readonly receive: () => void
  count: number
}

/** The contract, in a list and loops. */
class Reference implements Subject {
  #connections: ReferenceConnection[] = []
  #order = 0
  #mutes = 0
  readonly #receives = new Map<number, () => void>()

  connect(connect: Connect, receive: () => void): () => void {
    const key = `${connect.uid === undefined ? `receiver ${connect.receiver}` : `uid ${connect.uid}`} ${connect.thisArg}`
    const shared = this.#receives.get(connect.receiver) ?? receive
    this.#receives.set(connect.receiver, shared)
    let connection = this.#connections.find(
      (known) => known.key === key && known.connect.sender === connect.sender,
    )
    if (!connection) {
      connection = { connect, key, order: this.#order++, count: 0, receive: shared }
      this.#connections.push(connection)
    }
    connection.count++
    const counted = connection
    let open = true
    return () => {
      if (!open) return
      open = false
      if (--counted.count === 0) this.#remove((known) => known === counted)
    }
  }

  disconnect({ receiver, uid, sender, thisArg }: Parameters<Subject['disconnect']>[0]): boolean {
    return this.#remove(
      ({ connect }) =>
        (uid === undefined
          ? connect.uid === undefined && connect.receiver === receiver
          : connect.uid === uid) &&
        (sender === undefined || SENDERS[sender] === ANY || connect.sender === sender) &&
        (thisArg === undefined || connect.thisArg === thisArg),
    )
  }

  send(sender: number, robust: boolean): void {
    if (this.#mutes > 0) return
    for (const connection of this.#matching(sender)) {
      if (!this.#connections.includes(connection)) continue
      try {
        connection.receive()
      } catch (error) {
        if (!robust) throw error
      }
    }
  }

  mute(): () => void {
    this.#mutes++
    return () => void this.#mutes--
  }

  reaches(sender: number): boolean {
    return this.#matching(sender).length > 0
  }

  get any(): boolean {
    return this.#connections.length > 0
  }

  #matching(sender: number) {
    const matching = this.#connections
      .filter(({ connect }) => SENDERS[connect.sender] === ANY || connect.sender === sender)
      .toSorted((a, b) => (b.connect.priority ?? 0) - (a.connect.priority ?? 0) || a.order - b.order)
    // The connection for the sender alone stands for an equal one for any sender.
    return matching.filter(
      (one) =>
        SENDERS[one.connect.sender] !== ANY ||
        !matching.some((other) => other !== one && other.key === one.key),
    )
  }

  #remove(which: (connection: ReferenceConnection) => boolean): boolean {
    const before = this.#connections.length
    const removed = this.#connections.filter(which)
    for (const connection of removed) connection.count = Infinity
    this.#connections = this.#connections.filter((connection) => !removed.includes(connection))
    return this.#connections.length < before
  }
}

/** Run `program` and return what happened: calls, answers, throws. */
function run(subject: Subject, program: readonly Step[]): string[] {
  const log: string[] = []
  const handles: (() => void)[] = []
  const mutes: (() => void)[] = []
  let inside: (Act | undefined)[] = []
  let throws: readonly number[] = []

  const receive = (receiver: number) => (): void => {
    log.push(`receiver ${receiver}`)
    const next = inside[receiver]
    inside[receiver] = undefined
    if (next) perform(next)
    if (throws.includes(receiver)) throw new Error(`receiver ${receiver}`)
  }
  const perform = (act: Act): void => {
    switch (act.do) {
      case 'connect':
        handles.push(subject.connect(act.connect, receive(act.connect.receiver)))
        break
      case 'dispose':
        handles[act.handle % (handles.length || 1)]?.()
        break
      case 'disconnect':
        log.push(`disconnect ${subject.disconnect(act)}`)
        break
      case 'disconnect uid':
        log.push(`disconnect uid ${subject.disconnect(act)}`)
        break
      case 'send':
        log.push(`send ${act.sender}`)
        try {
          subject.send(act.sender, act.robust)
          log.push('sent')
        } catch (error) {
          log.push(`threw ${String(error)}`)
        }
        break
      case 'mute':
        mutes.push(subject.mute())
        break
      case 'unmute':
        mutes.pop()?.()
        break
    }
  }

  for (const step of program) {
    inside = [...step.inside]
    throws = step.throws
    perform(step.act)
    log.push([...SENDERS.keys()].map((sender) => Number(subject.reaches(sender))).join(''), `${subject.any}`)
  }
  return log
}

const sender = fc.nat({ max: SENDERS.length - 1 })
const receiver = fc.nat({ max: RECEIVERS - 1 })
const uid = fc.nat({ max: UIDS.length - 1 })
const thisArg = fc.nat({ max: THIS_ARGS.length - 1 })
const connect: fc.Arbitrary<Connect> = fc.record(
  { receiver, sender, priority: fc.integer({ min: -1, max: 1 }), uid, thisArg },
  { requiredKeys: ['receiver', 'sender'] },
)
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('connect'), connect }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('send'), sender, robust: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('dispose'), handle: fc.nat({ max: 20 }) }) },
  {
    weight: 2,
    arbitrary: fc.record(
      { do: fc.constant('disconnect'), receiver, sender, thisArg },
      { requiredKeys: ['do', 'receiver'] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('disconnect uid'), uid, sender }, { requiredKeys: ['do', 'uid'] }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('mute') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unmute') }) },
)
const step: fc.Arbitrary<Step> = fc.record({
  act,
  inside: fc.array(fc.option(act, { nil: undefined }), { minLength: RECEIVERS, maxLength: RECEIVERS }),
  throws: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(receiver, { maxLength: 2 }) },
  ),
})

test('a signal does what the naive reference does, whatever the program', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (program) => {
      const [expected, found] = [run(new Reference(), program), run(new Real(), program)]
      if (expected.join('\n') !== found.join('\n')) {
        throw new Error(`expected:\n${expected.join('\n')}\nfound:\n${found.join('\n')}`)
      }
    }),
    { numRuns: 3000 },
  )
})
