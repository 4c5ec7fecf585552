import { ANY, isSignal, type AnySignal, type Receiver } from '@aldis/signals'

import { messageOf } from './aldis-error.ts'
import { CheckedSubscription, type Subscriber } from './checked-subscription.ts'
import { INLINE, type Delivery } from './delivery.ts'
import type { DeliveryRegistry } from './delivery-registry.ts'
import { SubscriptionError } from './plugin-errors.ts'
import { keysOf, pathOf } from './schema-keys.ts'
import { didYouMean } from './suggestion.ts'
import { isThenable } from './thenable.ts'

const OPTIONS: readonly string[] = ['receiver', 'sender', 'id', 'delivery', 'priority']

/** Who provides a delivery that is not core's: for the message when it is missing. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([['durable', '@aldis/outbox (the plugin "outbox")']])

type Fields = Readonly<Record<string, unknown>>

/** A subscription as it was written, and its place among those of its signal. */
interface Entry {
  readonly signal: AnySignal
  readonly position: number
  readonly fields: Fields
}

const isRecord = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

const isIterable = (value: unknown): value is Iterable<unknown> =>
  isRecord(value) && typeof Reflect.get(value, Symbol.iterator) === 'function'

const isReceiver = (value: unknown): value is Receiver => typeof value === 'function'

const typeName = (value: unknown): string => (value === null ? 'null' : typeof value)

/**
 * Check what a plugin's `getSignalSubscriptions` returned, before anything of it is connected.
 *
 * @throws SubscriptionError with all that is wrong, when something is
 */
export function checkSubscriptions(
  subscriber: Subscriber,
  returned: unknown,
  deliveries: DeliveryRegistry,
): CheckedSubscription[] {
  const problems: string[] = []
  const entries = entriesOf(returned, problems)
  // Ids that are given count before those that are made up, wherever they stand.
  const ids = new Set<string>()
  for (const { fields } of entries) if (typeof fields['id'] === 'string') ids.add(fields['id'])
  const given = new Set<string>()
  const checked: CheckedSubscription[] = []
  for (const entry of entries) {
    const subscription = problemOf(entry, given) ?? check(subscriber, entry, ids, deliveries)
    if (typeof subscription === 'string')
      problems.push(`${String(entry.signal)}[${entry.position}]: ${subscription}`)
    else {
      ids.add(subscription.id)
      checked.push(subscription)
    }
    if (typeof entry.fields['id'] === 'string') given.add(entry.fields['id'])
  }
  if (problems.length > 0) throw new SubscriptionError(subscriber.name, problems)
  return checked
}

/** The entries of a map of signals to receivers or option objects. */
function entriesOf(returned: unknown, problems: string[]): Entry[] {
  const entries: Entry[] = []
  if (isThenable(returned)) {
    returned.then(undefined, () => undefined)
    problems.push('it must return its subscriptions at once, not a promise of them.')
    return entries
  }
  if (!isIterable(returned)) {
    problems.push('it must return a SubscriptionMap, or pairs of a signal and its receivers.')
    return entries
  }
  for (const pair of returned) {
    if (!isList(pair)) {
      problems.push(`it must return pairs of a signal and its receivers, not ${typeName(pair)}.`)
      continue
    }
    const [signal, receivers] = pair
    if (!isSignal(signal)) {
      const found = typeof signal === 'string' ? `the text "${signal}"` : typeName(signal)
      problems.push(`${found} is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`)
    } else if (!isIterable(receivers)) {
      problems.push(`${String(signal)}: its receivers must be a list.`)
    } else {
      let position = 0
      for (const receiver of receivers) {
        entries.push({ signal, position: position++, fields: isRecord(receiver) ? receiver : { receiver } })
      }
    }
  }
  return entries
}

/** What is wrong with the fields that every subscription has. */
function problemOf({ fields }: Entry, given: ReadonlySet<string>): string | undefined {
  const { receiver, id, priority, delivery } = fields
  if (!isReceiver(receiver)) return `the receiver must be a function, not ${typeName(receiver)}.`
  if (id !== undefined && (typeof id !== 'string' || !/^[^\s:]+$/.test(id))) {
    return 'the id must be text without white space or ":".'
  }
  if (id !== undefined && given.has(id)) return `the id "${id}" is used twice in the plugin.`
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    return 'the priority must be a number.'
  }
  if (delivery !== undefined && typeof delivery !== 'string') {
    return 'the delivery must be a name, such as "commit".'
  }
  return undefined
}

function check(
  subscriber: Subscriber,
  { signal, fields }: Entry,
  ids: ReadonlySet<string>,
  deliveries: DeliveryRegistry,
): CheckedSubscription | string {
  const { receiver, sender, id, priority, delivery: asked } = fields
  if (!isReceiver(receiver)) return 'the receiver must be a function.'
  const name = typeof asked === 'string' ? asked : (signal.declaration?.delivery ?? INLINE)
  const delivery = name === INLINE ? undefined : deliveries.get(name)
  if (delivery === undefined && name !== INLINE) {
    const known = PROVIDERS.get(name)
    const provider = known === undefined ? '' : ` It comes with ${known}: enable that.`
    return `no loaded plugin provides the delivery "${name}".${provider}${didYouMean(name, deliveries.names)}`
  }
  const options = optionsOf(fields, delivery)
  if (typeof options === 'string') return options
  const subscription = new CheckedSubscription(subscriber, {
    id: typeof id === 'string' ? id : freeId(receiver.name, ids),
    signal,
    receiver,
    filtered: 'sender' in fields && sender !== ANY,
    sender,
    delivery: name,
    priority: typeof priority === 'number' ? priority : 0,
    options,
  })
  return delivery?.refuse?.(subscription) ?? subscription
}

const NONE: Fields = Object.freeze({})

/** The options that are the delivery's own, as its schema leaves them. */
function optionsOf(fields: Fields, delivery: Delivery | undefined): Fields | string {
  const own = Object.keys(fields).filter((key) => !OPTIONS.includes(key))
  const known = delivery && keysOf(delivery.options)
  const unknown = own.find((key) => !delivery || (known && !known.includes(key)))
  if (unknown !== undefined) {
    return `unknown option "${unknown}".${didYouMean(unknown, [...OPTIONS, ...(known ?? [])])}`
  }
  if (!delivery) return NONE
  try {
    const asked = Object.fromEntries(own.map((key) => [key, fields[key]]))
    const result = delivery.options['~standard'].validate(asked)
    if (result instanceof Promise)
      return `the options of the delivery "${delivery.name}" are checked asynchronously.`
    if (!result.issues) return result.value
    return result.issues.map((issue) => [pathOf(issue), issue.message].filter(Boolean).join(': ')).join('; ')
  } catch (error) {
    return messageOf(error)
  }
}

/** The receiver's name, numbered when the plugin has used it. */
function freeId(receiver: string, ids: ReadonlySet<string>): string {
  const base = receiver.replace(/^bound /, '').replaceAll(/[\s:]+/g, '_') || 'anonymous'
  if (!ids.has(base)) return base
  let number = 2
  while (ids.has(`${base}_${number}`)) number++
  return `${base}_${number}`
}
