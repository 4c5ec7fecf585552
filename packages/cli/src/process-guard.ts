import type { Logger } from '@aldis/core'

import { UncaughtError } from './command-errors.ts'

/** Keeps the process going, and in order, until it is disposed. */
export interface ProcessGuard extends Disposable {
  /** Aborted with an {@link UncaughtError} when something is thrown where nobody catches it. */
  readonly crashed: AbortSignal
}

/** Guard the process: what nobody catches is written to `logger`, and a wait with nothing else to do does not end it. */
export function guardProcess(logger: Logger): ProcessGuard {
  const crash = new AbortController()
  const onUncaught = (error: unknown): void => {
    logger.error({ err: error }, 'nobody caught this')
    crash.abort(new UncaughtError(error))
  }
  const alive = setInterval(() => undefined, 2 ** 30)
  process.on('uncaughtException', onUncaught)
  return {
    crashed: crash.signal,
    [Symbol.dispose]() {
      process.off('uncaughtException', onUncaught)
      clearInterval(alive)
    },
  }
}
