import { createHash } from 'node:crypto'

import { RateLimiterMemory } from 'rate-limiter-flexible'

import { clientNetwork } from './client-network.ts'

const WINDOW_SECONDS = 15 * 60
const FAILURES_OF_A_PAIR = 5
const FAILURES_OF_A_NETWORK = 50
/** Of each kind; about 12 MB in all. */
const MOST_KEYS = 10_000

/** Whether somebody may try to log in. */
export type LoginAttempt =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly retryAfterMs: number }

/**
 * Keeps passwords from being guessed: five failures for one login name from one address, and fifty from
 * one address, in fifteen minutes. A user is not locked out by what others do elsewhere.
 *
 * It counts in this process's memory, the latest 10,000 of each kind. The address is the one that the server
 * sees: behind a proxy it must be told to trust that proxy.
 */
export class LoginThrottle {
  readonly #pairs = new FailureCount(FAILURES_OF_A_PAIR)
  readonly #networks = new FailureCount(FAILURES_OF_A_NETWORK)

  /**
   * Whether `login` may be tried from `address` now; when not, try again after `retryAfterMs`. Ask before the
   * password is checked. What is allowed counts as a failure from then on, so that attempts at the same
   * moment are counted too, until {@link succeeded} takes it back.
   */
  async attempt(login: string, address: string): Promise<LoginAttempt> {
    const network = clientNetwork(address)
    const pair = pairOf(login, network)
    // Attempts that are refused do not count: one user's haste is not to lock the others of an office out.
    const waits = [await this.#pairs.wait(pair), await this.#networks.wait(network)]
    const retryAfterMs = Math.max(...waits)
    if (retryAfterMs > 0) return { allowed: false, retryAfterMs }
    const counted = [await this.#pairs.add(pair), await this.#networks.add(network)]
    const waitNow = Math.max(...counted)
    return waitNow > 0 ? { allowed: false, retryAfterMs: waitNow } : { allowed: true }
  }

  /** The attempt succeeded: the failures of `login` from `address` are forgotten, the address's others are not. */
  async succeeded(login: string, address: string): Promise<void> {
    const network = clientNetwork(address)
    await this.#pairs.forget(pairOf(login, network))
    await this.#networks.takeBack(network)
  }
}

/** As long for every login, however long that is. */
function pairOf(login: string, network: string): string {
  return createHash('sha256').update(`${login.toLowerCase()}\n${network}`).digest('base64url')
}

/** Counts failures by key, and forgets the oldest keys when there are too many. */
class FailureCount {
  readonly #limiter: RateLimiterMemory
  readonly #most: number
  /** In the order in which they failed last. */
  readonly #keys = new Set<string>()

  constructor(most: number) {
    this.#most = most
    this.#limiter = new RateLimiterMemory({ points: most, duration: WINDOW_SECONDS })
  }

  /** How many milliseconds there are to wait before one more; 0 for none. */
  async wait(key: string): Promise<number> {
    const count = await this.#limiter.get(key)
    if (count === null || count.consumedPoints < this.#most) return 0
    return Math.max(count.msBeforeNext, 0)
  }

  /** Count one, and say how many milliseconds there are to wait if it was one too many; 0 if it was not. */
  async add(key: string): Promise<number> {
    this.#keys.delete(key)
    this.#keys.add(key)
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(key)
    const [oldest] = this.#keys
    if (this.#keys.size > MOST_KEYS && oldest !== undefined) await this.forget(oldest)
    return consumedPoints > this.#most ? msBeforeNext : 0
  }

  async takeBack(key: string): Promise<void> {
    // A key whose time ran out meanwhile has nothing to take back.
    if ((await this.#limiter.get(key)) !== null) await this.#limiter.reward(key)
  }

  async forget(key: string): Promise<void> {
    this.#keys.delete(key)
    await this.#limiter.delete(key)
  }
}
