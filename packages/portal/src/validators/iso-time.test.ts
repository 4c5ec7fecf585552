import { expect, test } from 'vitest'

import { isoTime } from './iso-time.ts'

test.each([
  ['2026-03-01', '2026-03-01T00:00:00.000Z'],
  ['2026-03-01T10:20', '2026-03-01T10:20:00.000Z'],
  ['2026-03-01T10:20:30.123456', '2026-03-01T10:20:30.123Z'],
  ['2026-03-01 10:20:30', '2026-03-01T10:20:30.000Z'],
  ['2026-03-01T10:20:30Z', '2026-03-01T10:20:30.000Z'],
  ['2026-03-01T10:20:30+02:00', '2026-03-01T08:20:30.000Z'],
  ['9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
])('%s is a time, in UTC unless it says otherwise', (written, time) => {
  expect(isoTime(written)?.toISOString()).toBe(time)
})

test.each([
  '',
  'yesterday',
  '1',
  '2026',
  '2026-13-01',
  '2026-03-01T',
  '0000-01-01',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  '+020000-01-01T00:00:00Z',
  '-000001-01-01T00:00:00Z',
])('%s is none that can be kept', (written) => {
  expect(isoTime(written)).toBeUndefined()
})
