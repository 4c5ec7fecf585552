import mitt, { type Emitter } from 'mitt'

import type { AnyReceiver } from './receiver.ts'
import type { AnySignal, SendMethod } from './signal.ts'

/** What a namespace tells those who watch it. */
export type NamespaceEvents = {
  /** A signal was declared by its owner. */
  declared: { readonly signal: AnySignal }
  /** A receiver was connected; `sender` is its filter, or `ANY`. */
  connected: {
    readonly signal: AnySignal
    readonly receiver: AnyReceiver
    readonly sender: unknown
    readonly weak: boolean
  }
  /** A receiver was disconnected by a call. */
  disconnected: { readonly signal: AnySignal; readonly receiver: AnyReceiver; readonly sender: unknown }
  /** A signal was sent and its inline receivers are done; `error` is what the send threw. */
  sent: {
    readonly signal: AnySignal
    readonly method: SendMethod
    readonly sender: unknown
    readonly payload: unknown
    /** How many receivers the send was for, those of other deliveries included. */
    readonly receivers: number
    /** Wall time of the inline receivers. */
    readonly durationMs: number
    readonly error?: unknown
  }
}

/** The emitter of one namespace, and what its signals need to know of the watchers. */
export interface Watchers extends Pick<Emitter<NamespaceEvents>, 'on' | 'off'> {
  /** Whether sends are watched. */
  watchSends(): boolean
  /** A watcher that throws does not disturb what it watches. */
  emit<K extends keyof NamespaceEvents>(type: K, event: NamespaceEvents[K]): void
}

/** `arrived` is called when someone begins to watch. */
export function createWatchers(arrived: () => void): Watchers {
  // oxlint-disable-next-line typescript/unbound-method -- mitt's methods are closures
  const { all, on, off, emit } = mitt<NamespaceEvents>()
  return {
    off,
    // Only passed on: mitt's type pairs the two.
    on(type: never, handler: never) {
      on(type, handler)
      arrived()
    },
    watchSends: () => [all.get('sent'), all.get('*')].some((handlers) => handlers?.length),
    emit(type, event) {
      try {
        emit(type, event)
      } catch (error) {
        console.error(error)
      }
    },
  }
}
