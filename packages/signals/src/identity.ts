import { isObject } from './receiver.ts'

const numbers = new WeakMap<object, number>()
let last = 0

function numberOf(object: object): number {
  let number = numbers.get(object)
  if (!number) numbers.set(object, (number = ++last))
  return number
}

/**
 * A key that is the same for the same `value` (objects by identity) and `thisArg`. It keeps nothing alive.
 * Two connects for one sender are equal when the keys of their receiver, or of their `dispatchUid`, are.
 */
export function keyOf(value: unknown, thisArg?: object): string | number {
  const key = isObject(value) ? numberOf(value) : `${typeof value} ${String(value)}`
  return thisArg ? `${numberOf(thisArg)} ${key}` : key
}
