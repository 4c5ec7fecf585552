import type { Entry } from './entry.ts'
import type { Ref } from './ref.ts'

/** The entries for one sender, or for any, by their key. Those for an object are reachable from it alone. */
export class Bucket extends Map<string | number, Entry> {
  /** What the table keeps: the bucket, or for as long as the object lives that is its sender. */
  ref: Ref<Bucket> = this
  /** Whether one receiver may have several entries here, each with its own `thisArg`. */
  bound = false
  /** The version of the table that what follows was made for; 0 before and after a change. */
  version = 0
  /** What a send by this sender walks over, in call order. Replaced, never changed. */
  all: readonly Entry[] = []
  /** The same, once it is known that a synchronous walk is all there is to do. */
  plain: readonly Entry[] | undefined
}
