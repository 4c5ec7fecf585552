import { transaction } from '@aldis/models'

import { onBothDatabases } from '../bench-databases.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { orderOf, placed, startBenchOutbox } from '../outbox-host.ts'

const PER_SECOND = 100

/** How long after the commit the receiver is called, at a steady rate of events in transactions of their own. */
export const outboxLatency: Bench = {
  name: 'outbox latency',
  run: (pace) => onBothDatabases('outbox latency', (title, database) => onDatabase(title, database, pace)),
}

async function onDatabase(
  title: string,
  database: Record<string, unknown>,
  { smoke }: Pace,
): Promise<Case[]> {
  const events = smoke ? 50 : 30 * PER_SECOND
  await using outbox = await startBenchOutbox({ database })
  const committed = new Map<number, number>()
  const called = new Map<number, number>()
  const all = Promise.withResolvers<void>()
  outbox.receiver = ({ number }) => {
    called.set(number, performance.now())
    if (called.size === events) all.resolve()
  }
  await using _serving = await outbox.serve()
  const start = performance.now()
  const sends: Promise<void>[] = []
  for (let number = 0; number < events; number++) {
    const wait = start + (number * 1000) / PER_SECOND - performance.now()
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    sends.push(
      transaction(() => void placed.send('web', orderOf(number))).then(
        () => void committed.set(number, performance.now()),
      ),
    )
  }
  await Promise.all(sends)
  await all.promise
  // The receiver can be faster than the news of the commit.
  const latencies = [...committed].map(([number, at]) => Math.max(0, (called.get(number) ?? Infinity) - at))
  const sorted = latencies.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN
  const what = `from commit to receiver at ${PER_SECOND} events/s on ${title}`
  return [
    judge({ name: `outbox latency, ${what}, p50`, value: at(0.5), unit: 'ms' }),
    judge({ name: `outbox latency, ${what}, p99`, value: at(0.99), unit: 'ms', bar: '<= 100' }),
  ]
}
