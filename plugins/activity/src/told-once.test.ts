import { expect, test } from 'vitest'

import type { Details } from './activity.ts'
import type { Entry } from './entry.ts'
import { toldOnce } from './told-once.ts'
import type { Verb } from './verbs.ts'

function entry(verb: Verb, id: string, dataset?: string, data: Details = {}): Entry {
  const kind = verb.startsWith('dataset_') ? 'dataset' : 'resource'
  const about = dataset === undefined ? {} : { dataset }
  return { at: new Date(0), actor: null, verb, subject: { kind, id, title: id }, ...about, data }
}

const told = (...entries: Entry[]): string[] =>
  toldOnce(entries).map(({ verb, subject }) => `${verb} ${subject.id}`)

test('a resource that goes with its dataset is not told of, one of another dataset is', () => {
  expect(
    told(
      entry('dataset_deleted', 'd1', 'd1'),
      entry('resource_deleted', 'r1', 'd1'),
      entry('datastore_deleted', 'r1', 'd1'),
      entry('resource_deleted', 'r2', 'd2'),
    ),
  ).toEqual(['dataset_deleted d1', 'resource_deleted r2'])
})

test('an update is told of by what it changed, where that is known', () => {
  expect(
    told(
      entry('dataset_updated', 'd1', 'd1'),
      entry('resource_created', 'r1', 'd1'),
      entry('dataset_updated', 'd2', 'd2'),
      entry('dataset_published', 'd2', 'd2'),
    ),
  ).toEqual(['resource_created r1', 'dataset_updated d2', 'dataset_published d2'])
})

test('the same twice is told once, with all its rows', () => {
  const [only, ...others] = toldOnce([
    entry('datastore_written', 'r1', 'd1', { method: 'upsert', rows: 2 }),
    entry('datastore_written', 'r1', 'd1', { method: 'upsert', rows: 3 }),
  ])
  expect(only?.data).toEqual({ method: 'upsert', rows: 5 })
  expect(others).toEqual([])
})

test('two members, and two tokens, are two', () => {
  expect(
    told(
      entry('member_added', 'o1', undefined, { user: 'ada' }),
      entry('member_added', 'o1', undefined, { user: 'eve' }),
    ),
  ).toHaveLength(2)
  expect(
    told(
      entry('token_created', 'u1', undefined, { token: 'a' }),
      entry('token_created', 'u1', undefined, { token: 'b' }),
    ),
  ).toHaveLength(2)
})
