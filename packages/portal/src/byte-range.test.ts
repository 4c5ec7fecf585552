import { expect, test } from 'vitest'

import { askedRange } from './byte-range.ts'

test.each([
  ['bytes=0-3', { start: 0, end: 3 }],
  ['bytes=4-', { start: 4, end: 9 }],
  ['bytes=-3', { start: 7, end: 9 }],
  ['bytes=-30', { start: 0, end: 9 }],
  ['bytes=9-99', { start: 9, end: 9 }],
  ['BYTES=0-0', { start: 0, end: 0 }],
])('%s of ten bytes is a part of them', (header, range) => {
  expect(askedRange(header, 10)).toEqual(range)
})

test.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('%s of ten bytes is nothing that there is', (header) => {
  expect(askedRange(header, 10)).toBe('none')
})

test.each([undefined, '', 'bytes=-', 'bytes=3-2', 'bytes=0-1,4-5', 'lines=0-3', 'bytes=a-b', 'bytes=0x1-3'])(
  '%s is as if it were not there',
  (header) => {
    expect(askedRange(header, 10)).toBe('all')
  },
)

test('an empty file has no parts', () => {
  expect(askedRange('bytes=0-0', 0)).toBe('none')
  expect(askedRange('bytes=-1', 0)).toBe('none')
})
