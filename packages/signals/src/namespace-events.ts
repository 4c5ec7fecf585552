import mitt, { type Emitter, type EventHandlerMap } from 'mitt'

import type { AnyReceiver } from './receiver.ts'
import type { AnySignal, SendMethod } from './signal.ts'

/** What a namespace tells those who watch it. */
export type NamespaceEvents = {
  /** A signal was declared by its owner. */
  declared: { readonly signal: AnySignal }
  /** A receiver was connected; `sender` is its filter, or `ANY`. */
  connected: { readonly signal: AnySignal; readonly receiver: AnyReceiver; readonly sender: unknown }
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

/** The emitter of one namespace, and what a signal needs to know of its watchers. */
export class Watchers {
  readonly #all: EventHandlerMap<NamespaceEvents> = new Map()
  readonly events: Emitter<NamespaceEvents> = mitt(this.#all)

  /** `arrived` is called when someone watches a type that nobody watched. */
  constructor(arrived: () => void) {
    // mitt sets a type's handlers once and then changes the array in place.
    const set = this.#all.set.bind(this.#all)
    this.#all.set = (type, handlers) => {
      arrived()
      return set(type, handlers)
    }
  }

  /** Whether sends are watched. Forgets emptied handlers, so that the next to come is noticed. */
  get watchSends(): boolean {
    for (const type of ['sent', '*'] as const) {
      if (this.#all.get(type)?.length) return true
      this.#all.delete(type)
    }
    return false
  }

  /** A watcher that throws disturbs neither the others' signals nor the send it watches. */
  emit<K extends keyof NamespaceEvents>(type: K, event: NamespaceEvents[K]): void {
    try {
      this.events.emit(type, event)
    } catch (error) {
      console.error(error)
    }
  }
}
