import { AsyncLocalStorage } from 'node:async_hooks'

import { RecursionError, type AnySignal } from '@aldis/signals'

/** How many asynchronous sends and deliveries may be nested in each other; as in signals. */
const MAX_DEPTH = 100

/** What one outermost send has led to. */
interface Chain {
  /** It was nested too deep: nothing more is called in it, or two receivers would double it at each level. */
  broken: boolean
}

const places = new AsyncLocalStorage<{ readonly depth: number; readonly chain: Chain }>()

/** How many asynchronous sends and deliveries the running code is nested in. */
export function nestingDepth(): number {
  const place = places.getStore()
  if (place === undefined) return 0
  return place.chain.broken ? MAX_DEPTH : place.depth
}

/** Run `body` as nested in `depth` of them. */
export function nestAt<R>(depth: number, body: () => R): R {
  return places.run({ depth, chain: places.getStore()?.chain ?? { broken: false } }, body)
}

/**
 * Call a receiver of `signal` one level deeper.
 *
 * @throws RecursionError instead, when that is too deep
 */
export function nestedCall<R>(signal: AnySignal, body: () => R): R {
  const depth = nestingDepth()
  // One less than signals allow, so that it is noticed here first, where the chain can be broken.
  if (depth >= MAX_DEPTH - 1) {
    const place = places.getStore()
    if (place) place.chain.broken = true
    throw new RecursionError(signal, depth)
  }
  return nestAt(depth + 1, body)
}

/** A receiver of the send that the running code belongs to recursed without end: call nothing more in it. */
export function breakChain(): void {
  const place = places.getStore()
  if (place) place.chain.broken = true
}
