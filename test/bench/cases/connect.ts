import { namespace, type Connection, type Signal } from '@aldis/signals'
import mitt from 'mitt'

import { judge, type Bar, type Bench } from '../case.ts'
import { race, type Contender } from '../race.ts'
import { manyReceivers, type Beat } from '../receivers.ts'

const FEW = 100
const MANY = 10_000
const bar: Bar = '<= 2'

/** Which of the connected goes next: spread over all of them, and the same in every run. 7,919 is a prime. */
const shuffled = (index: number, count: number): number => (index * 7_919) % count

/** Connecting and disconnecting: what one connection costs among 10,000 and among 100. */
export const connect: Bench = {
  name: 'connect',
  run({ smoke, rounds }) {
    const ways = {
      'connection.disconnect()': byConnection,
      'signal.disconnect(receiver)': byReceiver,
      'mitt off': byMitt,
    }
    const contenders = Object.entries(ways).flatMap(([name, way]): Contender[] => [
      // As many connections in all as the other makes, so that both samples are equally long.
      { name: `${name} ${FEW}`, run: repeated(way(FEW), MANY / FEW) },
      { name: `${name} ${MANY}`, run: repeated(way(MANY), 1) },
    ])
    // One operation is 10,000 connections: long enough to be a sample by itself.
    const result = race(contenders, { smoke, rounds: Math.ceil(rounds / 5), sampleMs: 1 })
    return Object.keys(ways).map((name) =>
      judge({
        name: `connect, ${name}: each of ${MANY} / each of ${FEW}`,
        value: result.median(`${name} ${MANY}`) / MANY,
        unit: 'ns',
        baseline: result.median(`${name} ${FEW}`) / MANY,
        ratio: result.ratio(`${name} ${MANY}`, `${name} ${FEW}`),
        ...(name !== 'mitt off' && { bar }),
      }),
    )
  },
}

function repeated(once: () => void, perOperation: number): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times * perOperation; i++) once()
  }
}

function byConnection(count: number): () => void {
  const signal: Signal<unknown, Beat> = namespace('bench').signal(`connect_${count}`)
  const receivers = manyReceivers(count)
  return () => {
    const connections: Connection[] = receivers.map((receiver) => signal.connect(receiver))
    for (let i = 0; i < count; i++) connections[shuffled(i, count)]?.disconnect()
    if (signal.hasReceivers) throw new Error('Some receivers are still connected.')
  }
}

function byReceiver(count: number): () => void {
  const signal: Signal<unknown, Beat> = namespace('bench').signal(`disconnect_${count}`)
  const receivers = manyReceivers(count)
  return () => {
    for (const receiver of receivers) signal.connect(receiver)
    for (let i = 0; i < count; i++) {
      const receiver = receivers[shuffled(i, count)]
      if (receiver) signal.disconnect(receiver)
    }
    if (signal.hasReceivers) throw new Error('Some receivers are still connected.')
  }
}

function byMitt(count: number): () => void {
  const emitter = mitt<{ beat: Beat }>()
  const listeners = manyReceivers(count).map((receiver) => (payload: Beat) => receiver(undefined, payload))
  return () => {
    for (const listener of listeners) emitter.on('beat', listener)
    for (let i = 0; i < count; i++) emitter.off('beat', listeners[shuffled(i, count)])
    if (emitter.all.get('beat')?.length !== 0) throw new Error('Some listeners are still there.')
  }
}
