import { expect, test } from 'vitest'

import { ownerOf, PARKED, queueOf } from './queue-name.ts'

test('the queue of a receiver is readable', () => {
  expect(queueOf({ plugin: 'feature_adoption', subscription: 'userCreated-2' })).toBe(
    'feature_adoption/userCreated-2',
  )
})

test.for(['ship', 'a.b', 'a.2e.b', '.', '..', 'a/b', "it's", 'naïve', '出荷', '🚚', '%', '', '-', '_'])(
  'whatever an id is, as %o, its queue has a name that pg-boss takes and that says whose it is',
  (subscription) => {
    const queue = queueOf({ plugin: 'shop', subscription })
    expect(queue).toMatch(/^[\w.\-/]+$/)
    expect(ownerOf(queue)).toEqual({ plugin: 'shop', subscription })
  },
)

test('where parked jobs are belongs to nobody', () => {
  expect(ownerOf(PARKED)).toBeUndefined()
})
