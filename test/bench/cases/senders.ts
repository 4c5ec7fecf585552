import { namespace, type Signal } from '@aldis/signals'

import { judge, type Bar, type Bench } from '../case.ts'
import { race, type Contender } from '../race.ts'
import { manyReceivers, takeHeard, type Beat } from '../receivers.ts'

const COUNT = 1_000
const payload: Beat = { beats: 1 }
const bar: Bar = '<= 1.5'

/** The senders, of each kind that signals keep apart. */
const kinds: Readonly<Record<string, (index: number) => unknown>> = {
  strings: (index) => `sender ${index}`,
  objects: (index) => ({ index }),
}

/** A send to one of 1,000 senders' receivers beside the same send where only that receiver is connected. */
export const senders: Bench = {
  name: 'senders',
  run(pace) {
    const result = race(Object.keys(kinds).flatMap(contendersWith), pace)
    return Object.keys(kinds).map((kind) =>
      judge({
        name: `senders, send to 1 of ${COUNT} ${kind} / 1 of 1`,
        value: result.median(`${kind} ${COUNT}`),
        unit: 'ns',
        baseline: result.median(`${kind} 1`),
        ratio: result.ratio(`${kind} ${COUNT}`, `${kind} 1`),
        bar,
      }),
    )
  },
}

function contendersWith(kind: string): Contender[] {
  const all = Array.from({ length: COUNT }, (_, index) => kinds[kind]?.(index))
  const one = all[COUNT / 2]
  return [contender(kind, all, one), contender(kind, [one], one)]
}

function contender(kind: string, connected: readonly unknown[], sender: unknown): Contender {
  const signal: Signal<unknown, Beat> = namespace('bench').signal(`senders_${kind}_${connected.length}`)
  for (const [index, receiver] of manyReceivers(connected.length).entries()) {
    signal.connect(receiver, { sender: connected[index] })
  }
  return {
    name: `${kind} ${connected.length}`,
    run: (times) => {
      for (let i = 0; i < times; i++) signal.send(sender, payload)
    },
    proof: { take: takeHeard, perOperation: 1 },
  }
}
