import { describe, expect, test } from 'vitest'
import { judge, type Bar } from './case.ts'
import { table } from './table.ts'

describe('a case', () => {
  test.for<[bar: Bar, ratio: number, ok: boolean]>([
    ['<= 1.5', 1.5, true],
    ['<= 1.5', 1.51, false],
    ['< 1', 0.99, true],
    ['< 1', 1, false],
    ['>= 0.95', 0.95, true],
    ['>= 0.95', 0.94, false],
    ['<= 1.5', Number.NaN, false],
  ])('with the bar %s and the ratio %s is ok: %s', ([bar, ratio, ok]) => {
    expect(judge({ name: 'a / b', value: 3, unit: 'ns', baseline: 2, ratio, bar }).ok).toBe(ok)
  })

  test('holds the value itself against the bar when it has no baseline', () => {
    const size = { name: 'size', unit: 'bytes', bar: '<= 4000' } as const

    expect(judge({ ...size, value: 4000 })).toMatchObject({ ok: true, baseline: null, ratio: null })
    expect(judge({ ...size, value: 4001 })).toMatchObject({ ok: false })
  })

  test('divides the value by the baseline when it has no ratio of its own', () => {
    expect(judge({ name: 'a / b', value: 3, unit: 'ns', baseline: 2 })).toMatchObject({
      ratio: 1.5,
      bar: null,
    })
  })
})

test('the table marks a case that misses its bar', () => {
  const lines = table([
    judge({ name: 'kept', value: 1, unit: 'ns', baseline: 2, bar: '< 1' }),
    judge({ name: 'missed', value: 2, unit: 'ns', baseline: 1, bar: '< 1' }),
    judge({ name: 'shown', value: 2, unit: 'ns', baseline: 1 }),
  ]).split('\n')

  expect(lines.map((line) => line.split(/ {2,}/).at(-1))).toEqual(['bar', 'ok', 'MISSED', '2.00'])
})
