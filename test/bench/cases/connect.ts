import { namespace, type Connection, type Signal } from '@aldis/signals'
import mitt from 'mitt'

import { judge, type Bar, type Bench } from '../case.ts'
import { race, type Contender } from '../race.ts'
import { manyReceivers, type Beat } from '../receivers.ts'

const FEW = 100
const MANY = 10_000
const bar: Bar = '<= 2'

/** Which of the connected goes next. */
type Order = (turn: number, count: number) => number

/** Last in, first out, as a stack of disposables is closed. */
const lastFirst: Order = (turn, count) => count - 1 - turn

/** Spread over all of them, the same in every run: 7,919 is a prime. */
const shuffled: Order = (turn, count) => (turn * 7_919) % count

const byConnection = 'connection.disconnect()'
const byReceiver = 'signal.disconnect(receiver)'

/** What connects and disconnects so many, and whether its cost must stay what it is. */
const ways: readonly (readonly [name: string, way: (count: number) => () => void, bar?: Bar])[] = [
  [byConnection, (count) => connections(count, lastFirst), bar],
  [byReceiver, receivers, bar],
  [`${byConnection} in any order`, (count) => connections(count, shuffled)],
  ['mitt off', listeners],
]

/** Connecting and disconnecting: what one connection costs among 10,000 and among 100. */
export const connect: Bench = {
  name: 'connect',
  run({ smoke, rounds }) {
    const contenders = ways.flatMap(([name, way]): Contender[] => [
      // As many connections in all as the other makes, so that both samples are equally long.
      { name: `${name} ${FEW}`, run: repeated(way(FEW), MANY / FEW) },
      { name: `${name} ${MANY}`, run: repeated(way(MANY), 1) },
    ])
    // One operation is 10,000 connections: long enough to be a sample by itself.
    const result = race(contenders, { smoke, rounds: Math.ceil(rounds / 2), sampleMs: 1 })
    return ways.map(([name, , limit]) =>
      judge({
        name: `connect, ${name}: each of ${MANY} / each of ${FEW}`,
        value: result.median(`${name} ${MANY}`) / MANY,
        unit: 'ns',
        baseline: result.median(`${name} ${FEW}`) / MANY,
        ratio: result.ratio(`${name} ${MANY}`, `${name} ${FEW}`),
        ...(limit !== undefined && { bar: limit }),
      }),
    )
  },
}

function repeated(once: () => void, perOperation: number): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times * perOperation; i++) once()
  }
}

function connections(count: number, order: Order): () => void {
  const signal: Signal<unknown, Beat> = namespace('bench').signal(`${order.name}_${count}`)
  const all = manyReceivers(count)
  return () => {
    const connected: Connection[] = all.map((receiver) => signal.connect(receiver))
    for (let turn = 0; turn < count; turn++) connected[order(turn, count)]?.disconnect()
    if (signal.hasReceivers) throw new Error('Some receivers are still connected.')
  }
}

function receivers(count: number): () => void {
  const signal: Signal<unknown, Beat> = namespace('bench').signal(`disconnect_${count}`)
  const all = manyReceivers(count)
  return () => {
    for (const receiver of all) signal.connect(receiver)
    for (const receiver of all.toReversed()) signal.disconnect(receiver)
    if (signal.hasReceivers) throw new Error('Some receivers are still connected.')
  }
}

function listeners(count: number): () => void {
  const emitter = mitt<{ beat: Beat }>()
  const all = manyReceivers(count).map((receiver) => (payload: Beat) => receiver(undefined, payload))
  return () => {
    for (const listener of all) emitter.on('beat', listener)
    for (const listener of all.toReversed()) emitter.off('beat', listener)
    if (emitter.all.get('beat')?.length !== 0) throw new Error('Some listeners are still there.')
  }
}
