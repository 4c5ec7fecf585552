import { expect, test } from 'vitest'

import { suggest } from './suggestion.ts'

const known = ['portal', 'request_log', 'example_isignal', 'datastore']

test.each([
  ['portl', 'portal'],
  ['reqlog', 'request_log'],
  ['example', 'example_isignal'],
  ['store', undefined],
  ['re', undefined],
  ['nobody', undefined],
])('what %j was meant to be is %j', (name, meant) => {
  expect(suggest(name, known)).toBe(meant)
})

test('of nothing nothing is suggested', () => {
  expect(suggest('portal', [])).toBeUndefined()
})
