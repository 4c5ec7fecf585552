import { onBothDatabases } from '../bench-databases.ts'
import { judge, type Bench, type Case, type Pace } from '../case.ts'
import { sendOrders, startBenchOutbox } from '../outbox-host.ts'
import { median } from '../race.ts'

const SAMPLES = 40

/** What stays on the heap of a process that delivers: a backlog first, and then as many events again. */
export const outboxMemory: Bench = {
  name: 'outbox memory',
  run: (pace) => onBothDatabases('outbox memory', (title, database) => onDatabase(title, database, pace)),
}

async function onDatabase(
  title: string,
  database: Record<string, unknown>,
  { smoke }: Pace,
): Promise<Case[]> {
  const events = smoke ? 400 : 200_000
  const backlog = events / 2
  await using outbox = await startBenchOutbox({ database })
  await sendOrders(backlog)
  const heap: number[] = []
  let [calls, sent, reached] = [0, backlog, Promise.withResolvers<void>()]
  outbox.receiver = () => {
    calls++
    if (calls % (events / SAMPLES) === 0) heap.push(heapUsed())
    if (calls === sent) reached.resolve()
  }
  await using _serving = await outbox.serve()
  await reached.promise
  while (sent < events) {
    const more = Math.min(1000, events - sent)
    sent += more
    reached = Promise.withResolvers()
    await sendOrders(more)
    await reached.promise
  }
  const what = `${events.toLocaleString('en')} events on ${title}`
  // The first samples also have what code leaves behind that runs for the first time.
  const warm = heap.slice(SAMPLES / 8)
  const [early, late] = [warm.slice(0, SAMPLES / 4), warm.slice(-SAMPLES / 4)]
  return [
    judge({
      name: `outbox memory, heap kept for each of ${what}`,
      value: slopeOf(warm) / (events / SAMPLES),
      unit: 'bytes',
      bar: '<= 5',
    }),
    judge({
      name: `outbox memory, heap with a backlog of ${backlog.toLocaleString('en')} on ${title} / without`,
      value: median(early) / 1e6,
      unit: 'MB',
      baseline: median(late) / 1e6,
      bar: '<= 1.05',
    }),
  ]
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('The bytes on the heap need node --expose-gc.')
  globalThis.gc()
  return process.memoryUsage().heapUsed
}

/** How much the values rise from one to the next: the median of the slopes of all pairs, which outliers do not move. */
function slopeOf(values: readonly number[]): number {
  return median(
    values.flatMap((value, index) =>
      values.slice(index + 1).map((later, offset) => (later - value) / (offset + 1)),
    ),
  )
}
