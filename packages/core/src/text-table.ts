/** One column of a {@link textTable}. */
export interface TextColumn {
  readonly header: string
  /** Of numbers: they end below each other. */
  readonly number?: boolean
  /** Is cut where the line does not fit. */
  readonly flexible?: boolean
}

/** One row of a {@link textTable}: a cell for each column, and what is said below them. */
export interface TextRow {
  readonly cells: readonly string[]
  readonly below?: string | undefined
}

const GAP = '  '
const INDENT = '    '

/**
 * `rows` under their headers, for what commands of plugins print. No line is longer than `width`, of which
 * flexible columns are cut; undefined where nothing may be. Cells are made {@link printable}.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly TextRow[],
  width: number | undefined,
): string {
  const lines = rows.map(({ cells, below }) => ({ cells: cells.map(printable), below }))
  const natural = columns.map(({ header }, at) =>
    Math.max(header.length, ...lines.map(({ cells }) => lengthOf(cells[at] ?? ''))),
  )
  const whole = natural.reduce((sum, own) => sum + own, 0) + GAP.length * (columns.length - 1)
  const excess = width === undefined ? 0 : Math.max(0, whole - width)
  const widths = natural.map((own, at) => (columns[at]?.flexible ? Math.max(1, own - excess) : own))
  const line = (cells: readonly string[]): string => {
    const padded = columns.map(({ number }, at) => {
      const most = widths[at] ?? 0
      const cell = cut(cells[at] ?? '', most)
      const space = ' '.repeat(most - lengthOf(cell))
      return number ? space + cell : cell + space
    })
    return `${padded.join(GAP).trimEnd()}\n`
  }
  const body = lines.flatMap(({ cells, below }) => {
    const note = below === undefined ? undefined : cut(printable(below), (width ?? Infinity) - INDENT.length)
    return note === undefined ? [line(cells)] : [line(cells), `${INDENT}${note}\n`]
  })
  return line(columns.map(({ header }) => header)) + body.join('')
}

/** `text` on one line, with nothing in it that a terminal would act on. */
export function printable(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '\uFFFD')
    .trim()
}

function lengthOf(text: string): number {
  return Array.from(text).length
}

function cut(text: string, width: number): string {
  return lengthOf(text) <= width
    ? text
    : `${Array.from(text)
        .slice(0, width - 1)
        .join('')}…`
}
