import { namespace, type Signal } from '@aldis/signals'
import EventEmitter3 from 'eventemitter3'
import { createHooks } from 'hookable'
import mitt from 'mitt'
import { createNanoEvents } from 'nanoevents'
import { EventEmitter } from 'node:events'
import { SyncHook } from 'tapable'
import { EventEmitter as TseepEmitter } from 'tseep'

import { judge, type Bar, type Bench, type Case, type Finding } from '../case.ts'
import { race, type Contender } from '../race.ts'
import { listeners, receivers, takeHeard, type Beat } from '../receivers.ts'

type Receive = (sender: string, payload: Beat) => void

const sender = 'web'
const payload: Beat = { beats: 1 }

/** How many receivers there are, and how `notify` may compare with a loop over them. */
const sizes: readonly (readonly [count: number, bar: Bar])[] = [
  [1, '<= 1.6'],
  [3, '<= 1.35'],
  [10, '<= 1.2'],
]

/** Who sends the same to the same receivers, and whether `notify` must be faster. */
const others: readonly (readonly [name: string, bar?: Bar])[] = [
  ['mitt', '< 1'],
  ['eventemitter3', '< 1'],
  ['node:events', '< 1'],
  ['hookable', '< 1'],
  ['nanoevents'],
  ['tseep'],
  ['tapable'],
]

/** `notify`, all guards of the contract included, beside a loop and beside emitters that guard less. */
export const notify: Bench = {
  name: 'notify',
  run(pace) {
    const contenders = sizes.flatMap(([count]) => contendersWith(count))
    const result = race(contenders, pace)
    return sizes.flatMap(([count, bar]): Case[] => {
      const ours = `notify ${count}`
      const find = (other: string, limit?: Bar): Finding => ({
        name: `notify, ${count} ${count === 1 ? 'receiver' : 'receivers'} / ${other}`,
        value: result.median(ours),
        unit: 'ns',
        baseline: result.median(`${other} ${count}`),
        ratio: result.ratio(ours, `${other} ${count}`),
        ...(limit !== undefined && { bar: limit }),
      })
      return [find('loop', bar), ...others.map(([name, limit]) => find(name, limit))].map(judge)
    })
  },
}

/** Each gets its receivers once, and then runs a loop of its own: nothing but the send is shared. */
function contendersWith(count: number): Contender[] {
  const some = receivers.slice(0, count)
  const proof = { take: takeHeard, perOperation: count }
  const ways: Record<string, (times: number) => void> = {
    notify: notifying(some),
    loop: looping(some),
    mitt: withMitt(listeners.slice(0, count)),
    eventemitter3: withEventEmitter3(some),
    'node:events': withNodeEvents(some),
    hookable: withHookable(some),
    nanoevents: withNanoEvents(some),
    tseep: withTseep(some),
    tapable: withTapable(some),
  }
  return Object.entries(ways).map(([name, run]) => ({ name: `${name} ${count}`, run, proof }))
}

function notifying(some: readonly Receive[]): (times: number) => void {
  const signal: Signal<string, Beat> = namespace('bench').signal(`notify_${some.length}`)
  for (const receiver of some) signal.connect(receiver)
  return (times) => {
    for (let i = 0; i < times; i++) signal.notify(sender, payload)
  }
}

function callEach(some: readonly Receive[], from: string, beat: Beat): void {
  for (const receiver of some) receiver(from, beat)
}

function looping(some: readonly Receive[]): (times: number) => void {
  return (times) => {
    for (let i = 0; i < times; i++) callEach(some, sender, payload)
  }
}

function withMitt(some: readonly ((payload: Beat) => void)[]): (times: number) => void {
  const emitter = mitt<{ beat: Beat }>()
  for (const listener of some) emitter.on('beat', listener)
  return (times) => {
    for (let i = 0; i < times; i++) emitter.emit('beat', payload)
  }
}

function withEventEmitter3(some: readonly Receive[]): (times: number) => void {
  const emitter = new EventEmitter3<{ beat: Receive }>()
  for (const receiver of some) emitter.on('beat', receiver)
  return (times) => {
    for (let i = 0; i < times; i++) emitter.emit('beat', sender, payload)
  }
}

function withNodeEvents(some: readonly Receive[]): (times: number) => void {
  const emitter = new EventEmitter<{ beat: Parameters<Receive> }>()
  for (const receiver of some) emitter.on('beat', receiver)
  return (times) => {
    for (let i = 0; i < times; i++) emitter.emit('beat', sender, payload)
  }
}

/** `callHook` makes promises and tasks; a caller of one's own is hookable's fastest synchronous form. */
function withHookable(some: readonly Receive[]): (times: number) => void {
  const hooks = createHooks<{ beat: Receive }>()
  for (const receiver of some) hooks.hook('beat', receiver)
  const inTurn = (called: readonly Receive[], [from, beat]: Parameters<Receive>): void =>
    callEach(called, from, beat)
  return (times) => {
    for (let i = 0; i < times; i++) hooks.callHookWith(inTurn, 'beat', [sender, payload])
  }
}

function withNanoEvents(some: readonly Receive[]): (times: number) => void {
  const emitter = createNanoEvents<{ beat: Receive }>()
  for (const receiver of some) emitter.on('beat', receiver)
  return (times) => {
    for (let i = 0; i < times; i++) emitter.emit('beat', sender, payload)
  }
}

function withTseep(some: readonly Receive[]): (times: number) => void {
  const emitter = new TseepEmitter<{ beat: Receive }>()
  for (const receiver of some) emitter.on('beat', receiver)
  return (times) => {
    for (let i = 0; i < times; i++) emitter.emit('beat', sender, payload)
  }
}

function withTapable(some: readonly Receive[]): (times: number) => void {
  const hook = new SyncHook<[string, Beat]>(['sender', 'payload'])
  for (const [index, receiver] of some.entries()) hook.tap(`receiver ${index}`, receiver)
  return (times) => {
    for (let i = 0; i < times; i++) hook.call(sender, payload)
  }
}
