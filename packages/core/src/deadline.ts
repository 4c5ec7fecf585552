/** The longest that a timer can wait, nearly 25 days. More is no limit. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * What `promise` comes to, or `late()` thrown when that takes longer than
 * `timeoutMs`; what comes later is ignored.
 */
export async function withDeadline<T>(
  promise: PromiseLike<T>,
  timeoutMs: number,
  late: () => Error,
): Promise<T> {
  if (timeoutMs > LONGEST_TIMER_MS) return promise
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), timeoutMs)
  })
  try {
    return await Promise.race([promise, deadline])
  } finally {
    clearTimeout(timer)
  }
}
