import type { AnySignal } from '@aldis/signals'

import { PayloadNotStorableError, PayloadTooLargeError } from './outbox-errors.ts'

/** The longest payload that is stored, in bytes of UTF-8. */
const LONGEST_PAYLOAD = 256 * 1024
/** Deeper than any payload, and not as deep as what ends a process. */
const DEEPEST = 100

/**
 * `payload` as JSON that reads back the same.
 *
 * @throws PayloadNotStorableError when it holds what JSON has no word for
 * @throws PayloadTooLargeError when that is too long
 */
export function storedText(signal: AnySignal, payload: unknown): string {
  const refuse = (path: string, problem: string): never => {
    throw new PayloadNotStorableError(signal, 'payload', path, problem)
  }
  check(payload, '', [], refuse)
  const text = JSON.stringify(payload)
  const bytes = Buffer.byteLength(text)
  if (bytes > LONGEST_PAYLOAD) throw new PayloadTooLargeError(signal, bytes, LONGEST_PAYLOAD)
  return text
}

type Refuse = (path: string, problem: string) => never

function check(value: unknown, path: string, around: readonly object[], refuse: Refuse): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `${value} is not a number that JSON has.`)
      return
    case 'object':
      if (value !== null) checkObject(value, path, around, refuse)
      return
    default:
      refuse(path, `it is ${value === undefined ? 'undefined' : `a ${typeof value}`}.`)
  }
}

function checkObject(value: object, path: string, around: readonly object[], refuse: Refuse): void {
  if (around.includes(value)) refuse(path, 'it contains itself.')
  if (around.length >= DEEPEST) refuse(path, `it is more than ${DEEPEST} levels deep.`)
  const inside = [...around, value]
  if (Array.isArray(value)) {
    // By index: a hole is undefined.
    for (let index = 0; index < value.length; index++) {
      check(value[index], `${path}[${index}]`, inside, refuse)
    }
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype) {
    refuse(path, `it is an object of the class ${value.constructor.name}, not plain data.`)
  }
  if ('toJSON' in value) refuse(path, 'it has a toJSON, so what is stored would be something else.')
  for (const [key, entry] of Object.entries(value)) {
    // Left out, as an optional property that is not there.
    if (entry !== undefined) check(entry, path === '' ? key : `${path}.${key}`, inside, refuse)
  }
}
