import { signals } from '@aldis/core'
import { namespace, type Namespace, type NamespaceEvents } from '@aldis/signals'

/** How many sends are listed. */
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
  readonly #isRead: (action: string) => boolean
  readonly #all: SeenSend[] = []
  /** Without requests and reads, which would push all others out. */
  readonly #changes: SeenSend[] = []
  readonly #watched = new Set<Namespace>()
  #timer: NodeJS.Timeout | undefined

  /** `isRead` tells which actions only read. */
  constructor(isRead: (action: string) => boolean) {
    this.#isRead = isRead
  }

  /** The last sends, latest first: `all`, or without requests and reads. From now on those of `namespaces` are noted. */
  look(namespaces: Iterable<string>, all: boolean): readonly SeenSend[] {
    for (const name of namespaces) {
      const watched = namespace(name)
      if (this.#watched.has(watched)) continue
      this.#watched.add(watched)
      watched.events.on('sent', this.#note)
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this[Symbol.dispose](), WATCHED_MS).unref()
    return (all ? this.#all : this.#changes).toReversed()
  }

  /** Watch no more, and forget what was seen. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    for (const { events } of this.#watched) events.off('sent', this.#note)
    this.#watched.clear()
    this.#all.length = 0
    this.#changes.length = 0
  }

  readonly #note = ({ signal, sender, receivers, durationMs, error }: NamespaceEvents['sent']): void => {
    // Entities tell of every read when somebody watches. Whoever wants to see that receives it.
    if (signal.name === 'post_init' && receivers === 0) return
    const failed = error !== undefined
    const seen = {
      at: new Date(),
      signal: `${signal.namespace}:${signal.name}`,
      sender: told(sender),
      receivers,
      durationMs,
      failed,
    }
    keep(this.#all, seen)
    if (!this.#isRoutine(signal, sender)) keep(this.#changes, seen)
  }

  /** Whether it is what every look at a page sends. */
  #isRoutine(signal: unknown, sender: unknown): boolean {
    if (signal === signals.requestStarted || signal === signals.requestFinished) return true
    return signal === signals.actionSucceed && typeof sender === 'string' && this.#isRead(sender)
  }
}

function keep(sends: SeenSend[], seen: SeenSend): void {
  sends.push(seen)
  if (sends.length > MOST) sends.shift()
}

/** A sender in a few words. Of objects only the name, if they have one. */
function told(sender: unknown): string {
  if (typeof sender === 'object' && sender !== null) {
    return 'name' in sender && typeof sender.name === 'string' ? sender.name : 'an object'
  }
  return String(sender).slice(0, 80)
}
