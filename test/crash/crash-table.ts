import { KILL_POINTS } from './kill-points.ts'
import type { Outcome } from './matrix.ts'

const WIDTH = 80

/** The outcomes for people, in 80 columns. */
export function crashTable(outcomes: readonly Outcome[]): string {
  const rows = [
    ['DATABASE', 'SHARDS', 'BATCH', 'KILLS', 'COMMITTED', 'DELIVERED', 'LOST', 'DUPLICATES', 'AT MOST'],
    ...outcomes.map(({ database, shards, batchSize, kills, committed, delivered, lost, duplicates }) => [
      database,
      shards ? 'yes' : 'no',
      ...[batchSize, kills, committed, delivered, lost, duplicates, kills * batchSize].map(String),
    ]),
  ]
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  )
  const points = KILL_POINTS.map((point) => {
    const kills = outcomes.reduce((total, each) => total + each.points[point], 0)
    return `${point} ${kills}`
  })
  return [...lines, '', ...wrapped(`Killed at: ${points.join(', ')}.`)].join('\n')
}

function wrapped(text: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
