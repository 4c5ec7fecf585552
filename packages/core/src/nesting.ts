import { AsyncLocalStorage } from 'node:async_hooks'

import { RecursionError, type AnySignal } from '@aldis/signals'

/** How many asynchronous sends and deliveries may be nested in each other; as in signals. */
const MAX_DEPTH = 100

/**
 * How many calls of one chain may be nested deeper than {@link DEEP}. Two receivers that send without waiting double
 * at every level, and would fill the memory long before they are nested too deep.
 */
const MAX_DEEP_CALLS = 10_000
const DEEP = 10

/** What one outermost send has led to. */
interface Chain {
  deepCalls: number
  /** It goes on without end: nothing more is called in it. */
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
  const chain = places.getStore()?.chain ?? { deepCalls: 0, broken: false }
  return places.run({ depth, chain }, body)
}

/**
 * Call a receiver of `signal` one level deeper.
 *
 * @throws RecursionError instead, when that goes on without end
 */
export function nestedCall<R>(signal: AnySignal, body: () => R): R {
  const depth = nestingDepth()
  const chain = places.getStore()?.chain
  const endless = depth >= MAX_DEPTH || (depth > DEEP && chain && ++chain.deepCalls > MAX_DEEP_CALLS)
  if (endless) throw new RecursionError(signal)
  return nestAt(depth + 1, body)
}

/** End the chain of sends that the running code belongs to; false when it is broken already. */
export function breakChain(): boolean {
  const chain = places.getStore()?.chain
  if (chain?.broken) return false
  if (chain) chain.broken = true
  return true
}
