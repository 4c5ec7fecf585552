import { namespace, type Namespace, type NamespaceEvents } from '@aldis/signals'

const MOST = 100

/** After this time without a look the log stops, so that signals that nobody receives cost nothing again. */
const WATCHED_MS = 10 * 60 * 1000

/** A send that was seen. What it carried is not kept: it may be anybody's. */
export interface SeenSend {
  readonly at: Date
  readonly signal: string
  readonly sender: string
  readonly receivers: number
  readonly durationMs: number
  readonly failed: boolean
}

/** The last sends of the namespaces that signals are in. It watches while somebody looks, and for a while after. */
export class SignalLog implements Disposable {
  readonly #sends: SeenSend[] = []
  readonly #watched = new Set<Namespace>()
  #timer: NodeJS.Timeout | undefined

  /** The last sends, latest first. From now on those of `namespaces` are noted. */
  look(namespaces: Iterable<string>): readonly SeenSend[] {
    for (const name of namespaces) {
      const watched = namespace(name)
      if (this.#watched.has(watched)) continue
      this.#watched.add(watched)
      watched.events.on('sent', this.#note)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this[Symbol.dispose](), WATCHED_MS).unref()
    return this.#sends.toReversed()
  }

  /** Watch no more, and forget what was seen. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    for (const { events } of this.#watched) events.off('sent', this.#note)
    this.#watched.clear()
    this.#sends.length = 0
  }

  readonly #note = ({ signal, sender, receivers, durationMs, error }: NamespaceEvents['sent']): void => {
    // Entities tell of every read when somebody watches. Whoever wants to see that receives it.
    if (signal.name === 'post_init' && receivers === 0) return
    const failed = error !== undefined
    this.#sends.push({
      at: new Date(),
      signal: `${signal.namespace}:${signal.name}`,
      sender: told(sender),
      receivers,
      durationMs,
      failed,
    })
    if (this.#sends.length > MOST) this.#sends.shift()
  }
}

/** A sender in a few words. Of objects only the name, if they have one. */
function told(sender: unknown): string {
  if (typeof sender === 'object' && sender !== null) {
    return 'name' in sender && typeof sender.name === 'string' ? sender.name : 'an object'
  }
  return String(sender).slice(0, 80)
}
