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
  const taken = givenIds(entries)
  const checked = entries.map((entry) => {
    const subscription = check(subscriber, entry, taken, deliveries)
    if (subscription instanceof CheckedSubscription) {
      taken?.set(subscription.id, entry)
      return subscription
    }
    const where = `${String(entry.signal)}[${entry.position}]`
    problems.push(...subscription.map((problem) => `${where}: ${problem}`))
    return undefined
  })
  if (problems.length > 0 || !checked.every((each) => each !== undefined)) {
    throw new SubscriptionError(subscriber.name, problems)
  }
  return checked
}

/** Who has which id. One alone has whatever it wants. */
type TakenIds = Map<unknown, Entry> | undefined

/** The ids that are given: they count before those that are made up, wherever they stand. */
function givenIds(entries: readonly Entry[]): TakenIds {
  if (entries.length < 2) return undefined
  const taken = new Map<unknown, Entry>()
  for (const entry of entries) {
    const { id } = entry.fields
    if (id !== undefined && !taken.has(id)) taken.set(id, entry)
  }
  return taken
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
  const add = (receivers: unknown, signal: unknown): void => {
    if (!isSignal(signal)) {
      const found = typeof signal === 'string' ? `the text "${signal}"` : typeName(signal)
      problems.push(`${found} is not a signal. Ask its namespace for it: signals.ckanext.signal('name').`)
    } else if (isIterable(receivers)) {
      let position = 0
      for (const receiver of receivers) {
        entries.push({ signal, position: position++, fields: isRecord(receiver) ? receiver : { receiver } })
      }
    } else problems.push(`${String(signal)}: its receivers must be a list.`)
  }
  if (returned instanceof Map) returned.forEach(add)
  else {
    for (const pair of returned) {
      if (isList(pair)) add(pair[1], pair[0])
      else problems.push(`it must return pairs of a signal and its receivers, not ${typeName(pair)}.`)
    }
  }
  return entries
}

/** What is wrong with the fields that every subscription has. */
function problemsOf(entry: Entry, taken: TakenIds): string[] {
  const { receiver, id, priority, delivery } = entry.fields
  const problems: string[] = []
  if (!isReceiver(receiver)) problems.push(`the receiver must be a function, not ${typeName(receiver)}.`)
  if (id !== undefined && (typeof id !== 'string' || !/^[^\s:]+$/.test(id))) {
    problems.push('the id must be text without white space or ":".')
  } else if (id !== undefined && taken && taken.get(id) !== entry) {
    problems.push(`the id "${id}" is used twice in the plugin.`)
  }
  if (priority !== undefined && (typeof priority !== 'number' || Number.isNaN(priority))) {
    problems.push('the priority must be a number.')
  }
  if (delivery !== undefined && typeof delivery !== 'string') {
    problems.push('the delivery must be a name, such as "commit".')
  }
  return problems
}

/** The subscription of an entry, or all that is wrong with it. */
function check(
  subscriber: Subscriber,
  entry: Entry,
  taken: TakenIds,
  deliveries: DeliveryRegistry,
): CheckedSubscription | string[] {
  const { signal, fields } = entry
  const { receiver, sender, id, priority, delivery: asked } = fields
  const problems = problemsOf(entry, taken)
  if (asked !== undefined && typeof asked !== 'string') return problems
  const name = asked ?? signal.declaration?.delivery ?? INLINE
  const delivery = name === INLINE ? undefined : deliveries.get(name)
  if (delivery === undefined && name !== INLINE) {
    const known = PROVIDERS.get(name)
    const provider = known === undefined ? '' : ` It comes with ${known}: enable that.`
    const hint = didYouMean(name, deliveries.names)
    return [...problems, `no loaded plugin provides the delivery "${name}".${provider}${hint}`]
  }
  const options = optionsOf(fields, delivery, problems)
  if (problems.length > 0 || !isReceiver(receiver)) return problems
  const subscription = new CheckedSubscription(subscriber, {
    id: typeof id === 'string' ? id : freeId(receiver.name, taken),
    signal,
    receiver,
    filtered: 'sender' in fields && sender !== ANY,
    sender,
    delivery: name,
    priority: typeof priority === 'number' ? priority : 0,
    options,
  })
  const refused = delivery?.refuse?.(subscription)
  return refused === undefined ? subscription : [refused]
}

const NONE: Fields = Object.freeze({})
const NO_KEYS: readonly string[] = Object.freeze([])

/** The options that are the delivery's own, as its schema leaves them. What is wrong with them goes to `problems`. */
function optionsOf(fields: Fields, delivery: Delivery | undefined, problems: string[]): Fields {
  const own = ownKeys(fields)
  const known = delivery && keysOf(delivery.options)
  const unknown = own.filter((key) => !delivery || (known && !known.includes(key)))
  const hint = (key: string): string => didYouMean(key, [...OPTIONS, ...(known ?? [])])
  problems.push(...unknown.map((key) => `unknown option "${key}".${hint(key)}`))
  if (!delivery) return NONE
  try {
    const asked = own.filter((key) => !unknown.includes(key)).map((key) => [key, fields[key]])
    const result = delivery.options['~standard'].validate(Object.fromEntries(asked))
    if (result instanceof Promise) {
      problems.push(`the options of the delivery "${delivery.name}" are checked asynchronously.`)
    } else if (result.issues) {
      const texts = result.issues.map((issue) => [pathOf(issue), issue.message].filter(Boolean).join(': '))
      problems.push(...texts)
    } else return result.value
  } catch (error) {
    problems.push(messageOf(error))
  }
  return NONE
}

/** The keys that not every subscription has, inherited ones included as with the others. */
function ownKeys(fields: Fields): readonly string[] {
  let found = NO_KEYS
  for (const key in fields) if (!OPTIONS.includes(key)) found = [...found, key]
  return found
}

/** The receiver's name, numbered when the plugin has used it. */
function freeId(receiver: string, taken: TakenIds): string {
  const base = receiver.replace(/^bound /, '').replaceAll(/[\s:]+/g, '_') || 'anonymous'
  if (!taken?.has(base)) return base
  let number = 2
  while (taken.has(`${base}_${number}`)) number++
  return `${base}_${number}`
}
