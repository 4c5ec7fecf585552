import type { Case } from './case.ts'

/** The cases as a table for people, one line each. */
export function table(cases: readonly Case[]): string {
  const rows = [
    ['case', 'aldis', 'other', '', 'ratio', 'bar', ''],
    ...cases.map(({ name, value, unit, baseline, ratio, bar, ok }) => [
      name,
      figure(value),
      baseline === null ? '' : figure(baseline),
      unit,
      ratio === null ? '' : ratio.toFixed(2),
      bar ?? '',
      bar === null ? '' : ok ? 'ok' : 'MISSED',
    ]),
  ]
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  )
  return rows
    .map((row) =>
      row
        .map((cell, column) => align(cell, column, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Numbers to the right, words to the left. */
function align(cell: string, column: number, width: number): string {
  return column === 1 || column === 2 || column === 4 ? cell.padStart(width) : cell.padEnd(width)
}

/** Three figures are more than a noisy machine can promise. */
function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
