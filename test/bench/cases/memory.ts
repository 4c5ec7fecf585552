import { namespace, type Connection, type Signal } from '@aldis/signals'
import EventEmitter3 from 'eventemitter3'

import { judge, type Bench, type Case } from '../case.ts'
import { median } from '../race.ts'
import { manyReceivers, type Beat } from '../receivers.ts'

/** Bytes that stay on the heap for one idle signal and for one connection, beside eventemitter3's. */
export const memory: Bench = {
  name: 'memory',
  run({ smoke }) {
    const count = smoke ? 1_000 : 10_000
    const repeats = smoke ? 1 : 3
    const each = (make: () => unknown): number =>
      median(Array.from({ length: repeats }, () => bytesKept(make) / count))
    const measured = (name: string, ours: () => unknown, theirs: () => unknown): Case =>
      judge({ name: `memory, ${name}`, value: each(ours), unit: 'bytes', baseline: each(theirs) })

    const receivers = manyReceivers(count)
    return [
      measured(
        'connection, handle dropped / eventemitter3 listener',
        () => connected(receivers).signal,
        () => listening(receivers),
      ),
      measured(
        'connection, handle kept / eventemitter3 listener',
        () => connected(receivers),
        () => listening(receivers),
      ),
      // Last: a namespace never forgets its signals, and the collector would visit them in the cases above.
      measured(
        'idle signal / idle eventemitter3',
        () => idleSignals(count),
        () => Array.from({ length: count }, () => new EventEmitter3()),
      ),
    ]
  },
}

let made = 0

/** A namespace is never forgotten, so each repeat has one of its own. */
function idleSignals(count: number): unknown {
  const ours = namespace(`bench_memory_${made++}`)
  for (let index = 0; index < count; index++) ours.signal(`signal_${index}`)
  return ours
}

function connected(receivers: ReturnType<typeof manyReceivers>): {
  signal: unknown
  connections: Connection[]
} {
  const signal: Signal<unknown, Beat> = namespace('bench_memory').signal(`signal_${made++}`)
  return { signal, connections: receivers.map((receiver) => signal.connect(receiver)) }
}

function listening(receivers: ReturnType<typeof manyReceivers>): unknown {
  const emitter = new EventEmitter3()
  for (const receiver of receivers) emitter.on('beat', receiver)
  return emitter
}

/** How much of the heap what `make` returns keeps. */
function bytesKept(make: () => unknown): number {
  const before = heapUsed()
  const kept = [make()]
  const after = heapUsed()
  // Used after the measurement, so that nothing of it is collected before.
  if (kept.pop() === undefined) throw new Error('Nothing was kept.')
  return after - before
}

function heapUsed(): number {
  if (globalThis.gc === undefined) throw new Error('The bytes on the heap need node --expose-gc.')
  globalThis.gc()
  globalThis.gc()
  return process.memoryUsage().heapUsed
}
