import { namespace, type Signal } from '@aldis/signals'

import { judge, type Bar, type Bench } from '../case.ts'
import { race, type Contender } from '../race.ts'
import { receivers, takeHeard, type Beat } from '../receivers.ts'

type Receive = (sender: string, payload: Beat) => unknown

const sender = 'web'
const payload: Beat = { beats: 1 }
const bar: Bar = '<= 1.3'
const sizes = [3, 10]

/** Takes what each send returned, so that it has to be made. */
let last: unknown

/** `send` beside a loop that builds the same pairs of receiver and value. */
export const send: Bench = {
  name: 'send',
  run(pace) {
    const result = race(sizes.flatMap(contendersWith), pace)
    return sizes.map((count) =>
      judge({
        name: `send, ${count} receivers / loop`,
        value: result.median(`send ${count}`),
        unit: 'ns',
        baseline: result.median(`loop ${count}`),
        ratio: result.ratio(`send ${count}`, `loop ${count}`),
        bar,
      }),
    )
  },
}

function contendersWith(count: number): Contender[] {
  const some = receivers.slice(0, count)
  const proof = { take: () => (last === undefined ? 0 : takeHeard()), perOperation: count }
  return [
    { name: `send ${count}`, run: sending(some), proof },
    { name: `loop ${count}`, run: looping(some), proof },
  ]
}

function sending(some: readonly Receive[]): (times: number) => void {
  const signal: Signal<string, Beat> = namespace('bench').signal(`send_${some.length}`)
  for (const receiver of some) signal.connect(receiver)
  return (times) => {
    for (let i = 0; i < times; i++) last = signal.send(sender, payload)
  }
}

function collect(some: readonly Receive[], from: string, beat: Beat): [Receive, unknown][] {
  const results: [Receive, unknown][] = []
  for (const receiver of some) results.push([receiver, receiver(from, beat)])
  return results
}

function looping(some: readonly Receive[]): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times; i++) last = collect(some, sender, payload)
  }
}
