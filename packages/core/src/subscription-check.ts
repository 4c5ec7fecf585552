import { isSignal, type AnySignal, type Receiver } from '@aldis/signals'
import type { StandardSchemaV1 } from '@standard-schema/spec'

import { messageOf } from './aldis-error.ts'
import type { Delivery } from './delivery.ts'
import { SubscriptionError } from './plugin-errors.ts'
import type { BoundSubscription } from './subscription.ts'
import { didYouMean } from './suggestion.ts'

const OPTIONS = ['receiver', 'sender', 'id', 'delivery', 'priority']
const INLINE = 'inline'

/** Who provides a delivery that is not core's: for the message when it is missing. */
const PROVIDERS: Readonly<Record<string, string>> = { durable: '@aldis/outbox (the plugin "outbox")' }

/** What a bound subscription needs of the plugin that asked for it. */
export interface Subscriber {
  readonly name: string
  /** Call `receiver` as the plugin's. */
  call(receiver: Receiver, sender: unknown, payload: unknown, meta: Parameters<Receiver>[2]): unknown
}

/** A subscription as it was written, and where in the map it stands. */
interface Entry {
  readonly signal: AnySignal
  readonly where: string
  readonly fields: Readonly<Record<string, unknown>>
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const isIterable = (value: unknown): value is Iterable<unknown> =>
  isRecord(value) && typeof Reflect.get(value, Symbol.iterator) === 'function'

const isReceiver = (value: unknown): value is Receiver => typeof value === 'function'

/**
 * Check what a plugin's `getSignalSubscriptions` returned, before anything of it is connected.
 *
 * @throws SubscriptionError with all that is wrong, when something is
 */
export function checkSubscriptions(
  subscriber: Subscriber,
  returned: unknown,
  deliveries: ReadonlyMap<string, Delivery>,
): BoundSubscription[] {
  const problems: string[] = []
  const ids = new Set<string>()
  const bound: BoundSubscription[] = []
  for (const entry of entriesOf(returned, problems)) {
    const problem = problemOf(entry, ids)
    if (problem !== undefined) problems.push(`${entry.where}: ${problem}`)
    else {
      const subscription = bind(subscriber, entry, ids, deliveries)
      if (typeof subscription === 'string') problems.push(`${entry.where}: ${subscription}`)
      else {
        ids.add(subscription.id)
        bound.push(subscription)
      }
    }
  }
  if (problems.length > 0) throw new SubscriptionError(subscriber.name, problems)
  return bound
}

/** The entries of a map of signals to receivers or option objects. */
function* entriesOf(returned: unknown, problems: string[]): Generator<Entry> {
  if (!isIterable(returned)) {
    problems.push('it must return a SubscriptionMap, or pairs of a signal and its receivers.')
    return
  }
  for (const pair of returned) {
    const [signal, receivers]: readonly unknown[] = Array.isArray(pair) ? pair : []
    if (!isSignal(signal)) {
      const given = typeof signal === 'string' ? `the text "${signal}"` : typeof signal
      problems.push(`${given} is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`)
    } else if (!isIterable(receivers)) {
      problems.push(`${String(signal)}: its receivers must be a list.`)
    } else {
      let position = 0
      for (const receiver of receivers) {
        const where = `${String(signal)}[${position++}]`
        yield { signal, where, fields: isRecord(receiver) ? receiver : { receiver } }
      }
    }
  }
}

/** What is wrong with the fields that every subscription has. */
function problemOf({ fields }: Entry, ids: ReadonlySet<string>): string | undefined {
  const { receiver, id, priority, delivery } = fields
  if (!isReceiver(receiver))
    return `the receiver must be a function, not ${receiver === null ? 'null' : typeof receiver}.`
  if (id !== undefined && (typeof id !== 'string' || !/^[^\s:]+$/.test(id))) {
    return 'the id must be text without white space or ":".'
  }
  if (id !== undefined && ids.has(id)) return `the id "${id}" is used twice in the plugin.`
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    return 'the priority must be a number.'
  }
  if (delivery !== undefined && typeof delivery !== 'string')
    return 'the delivery must be a name, such as "commit".'
  return undefined
}

function bind(
  subscriber: Subscriber,
  { signal, fields }: Entry,
  ids: ReadonlySet<string>,
  deliveries: ReadonlyMap<string, Delivery>,
): BoundSubscription | string {
  const { receiver, sender, id, priority, delivery: asked, ...rest } = fields
  if (!isReceiver(receiver)) return 'the receiver must be a function.'
  const name = typeof asked === 'string' ? asked : (signal.declaration?.delivery ?? INLINE)
  const delivery = deliveries.get(name)
  if (delivery === undefined && name !== INLINE) {
    const provider = PROVIDERS[name] ? ` It comes with ${PROVIDERS[name]}: enable that.` : ''
    return `no loaded plugin provides the delivery "${name}".${provider}${didYouMean(name, [INLINE, ...deliveries.keys()])}`
  }
  const options = optionsOf(rest, delivery)
  if (typeof options === 'string') return options
  const subscription: BoundSubscription = Object.freeze({
    plugin: subscriber.name,
    id: typeof id === 'string' ? id : freeId(receiver.name.replace(/^bound /, ''), ids),
    signal,
    receiver,
    filtered: 'sender' in fields,
    sender,
    delivery: name,
    priority: typeof priority === 'number' ? priority : 0,
    options,
    call: (from, payload, meta) => subscriber.call(receiver, from, payload, meta),
  })
  return delivery?.refuse?.(subscription) ?? subscription
}

/** The options that are the delivery's own, as its schema leaves them. */
function optionsOf(
  rest: Readonly<Record<string, unknown>>,
  delivery: Delivery | undefined,
): Readonly<Record<string, unknown>> | string {
  let result: StandardSchemaV1.Result<Record<string, unknown>> = { value: {} }
  try {
    const checked = delivery?.options['~standard'].validate(rest)
    if (checked instanceof Promise)
      return `the options of the delivery "${delivery?.name}" are checked asynchronously.`
    if (checked !== undefined) result = checked
  } catch (error) {
    return messageOf(error)
  }
  if (result.issues) {
    return result.issues
      .map(({ message, path }) => (path?.length ? `${path.map(String).join('.')}: ${message}` : message))
      .join('; ')
  }
  const known = Object.keys(result.value)
  const unknown = Object.keys(rest).find((key) => !known.includes(key))
  if (unknown !== undefined)
    return `unknown option "${unknown}".${didYouMean(unknown, [...OPTIONS, ...known])}`
  return result.value
}

/** The receiver's name, numbered when the plugin has used it. */
function freeId(name: string, ids: ReadonlySet<string>): string {
  const base = name.replaceAll(/[\s:]+/g, '_') || 'anonymous'
  if (!ids.has(base)) return base
  let number = 2
  while (ids.has(`${base}_${number}`)) number++
  return `${base}_${number}`
}
