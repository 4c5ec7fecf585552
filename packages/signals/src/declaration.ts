import type { StandardSchemaV1 } from '@standard-schema/spec'

import { keyOf } from './identity.ts'

/** What the owner of a signal says of it. */
export interface DeclareOptions<S = unknown, P = unknown> {
  /** One sentence: what has happened when the signal is sent. */
  readonly doc?: string
  /** The senders there can be, where they can be listed. They complete in the editor and narrow receivers. */
  readonly senders?: readonly S[]
  /**
   * The payload's schema (any Standard Schema: zod, valibot, arktype …). It gives
   * the payload its type. Sends do not run it: durable delivery and tools do.
   */
  readonly payload?: StandardSchemaV1<unknown, P>
  /** The version of the payload's schema: a whole number that grows. Stored with payloads that wait. @defaultValue `1` */
  readonly version?: number
  /** Makes a stored payload that `payload` no longer takes, of the schema's version `from`, one that it does. */
  readonly upgrade?: (old: unknown, from: number) => unknown
  /** The delivery of subscriptions that name none. @defaultValue `'inline'` */
  readonly delivery?: string
  /** Another name of the signal: `namespace.signal(alias)` is this signal. */
  readonly alias?: string
  /** Why not to use the signal any more, and what instead. */
  readonly deprecated?: string
}

/** A declaration as the namespace keeps it. */
export interface Declaration extends DeclareOptions {
  readonly delivery: string
  /** `file:line` of the declaration, where the engine tells. */
  readonly declaredAt: string | undefined
}

/** The first field in which two declarations differ, wherever they were made. */
export function differingField(a: Declaration, b: Declaration): string | undefined {
  return Object.keys({ ...a, ...b }).find(
    (field) => field !== 'declaredAt' && keysOf(Reflect.get(a, field)) !== keysOf(Reflect.get(b, field)),
  )
}

/** Tells one value, or one list of values, from another. */
function keysOf(value: unknown): string {
  return String([value].flat().map((item) => keyOf(item)))
}

/** `file:line` of the code that called the caller of this, where the engine is V8. */
export function callSite(): string | undefined {
  return new Error().stack?.split('\n')[3]?.match(/[^\s(]+:\d+(?=:)/)?.[0]
}
