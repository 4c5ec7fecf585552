import type { AnyReceiver } from './receiver.ts'

/** What a connection can be found by: its `dispatchUid` if it has one, else its receiver. */
export type Identity = string | AnyReceiver

const numbers = new WeakMap<object, number>()
let last = 0

function numberOf(object: object): number {
  let number = numbers.get(object)
  if (!number) numbers.set(object, (number = ++last))
  return number
}

/** A key that two connects for one sender share when they are equal. It keeps nothing alive. */
export function keyOf(identity: Identity, thisArg: object | undefined): string | number {
  const key = typeof identity === 'string' ? `"${identity}` : numberOf(identity)
  return thisArg ? `${numberOf(thisArg)} ${key}` : key
}
