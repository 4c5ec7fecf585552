/**
 * What the compiler lets a durable subscription ask for. It reads this file; nothing runs it.
 */
import { SubscriptionMap } from '@aldis/core'
import { namespace, type Signal } from '@aldis/signals'
import { expectTypeOf } from 'vitest'
import { z } from 'zod'

import type { DurableOptions } from './index.ts'

interface Placed {
  readonly id: string
  readonly lines: readonly number[]
}
const placed: Signal<'web' | 'pos', Placed> = namespace('durable_types').declare('placed', {
  senders: ['web', 'pos'],
  payload: z.object({ id: z.string(), lines: z.array(z.number()).readonly() }),
})
const receive = (): void => undefined
const map = new SubscriptionMap()

// Keys know the senders and the payload of their signal.
map.on(placed, receive, {
  delivery: 'durable',
  shard: (sender, payload) => {
    expectTypeOf<typeof sender>().toEqualTypeOf<'web' | 'pos'>()
    expectTypeOf<typeof payload>().toEqualTypeOf<Placed>()
    return payload.id
  },
  coalesce: (sender, { lines }) => `${sender}/${lines.length}`,
  whenParked: 'hold',
})
// With a filter, the one sender.
map.on(placed, receive, {
  sender: 'web',
  delivery: 'durable',
  shard(sender) {
    expectTypeOf<typeof sender>().toEqualTypeOf<'web'>()
    return sender
  },
})
// Options that are written once, for whatever signal.
const inOrder: DurableOptions = { shard: () => 'all' }
map.on(placed, receive, { ...inOrder, delivery: 'durable' })

map.on(placed, receive, {
  delivery: 'durable',
  // @ts-expect-error a key is text or a number
  shard: () => ({}),
})
map.on(placed, receive, {
  delivery: 'durable',
  // @ts-expect-error the payload has no such property
  coalesce: (_sender, { total }) => total,
})
map.on(placed, receive, {
  delivery: 'durable',
  // @ts-expect-error there are two ways
  whenParked: 'stop',
})
map.on(placed, receive, {
  delivery: 'commit',
  // @ts-expect-error only what is stored has shards
  shard: () => 'all',
})
