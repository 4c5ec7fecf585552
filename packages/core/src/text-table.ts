/** One column of a {@link textTable}. */
export interface TextColumn {
  readonly header: string
  /** Of numbers: they end below each other. */
  readonly number?: boolean
  /** Is cut where the line does not fit. */
  readonly flexible?: boolean
  /** Goes on below where the line does not fit: for names that somebody has to read as a whole. */
  readonly wraps?: boolean
}

/** One row of a {@link textTable}: a cell for each column, and what is said below them. */
export interface TextRow {
  readonly cells: readonly string[]
  readonly below?: string | undefined
}

const GAP = '  '
const INDENT = '    '

/**
 * `rows` under their headers, for what commands of plugins print. No line is longer than `width`, for which the widest
 * of the columns that are cut or go on below gives way; undefined where nothing may be. Cells are made {@link printable}.
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
  const widths = fitted(columns, natural, width)
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
    const parts = columns.map(({ wraps }, at) => {
      const cell = cells[at] ?? ''
      return wraps ? wrapped(cell, widths[at] ?? 0) : [cell]
    })
    const height = Math.max(...parts.map(({ length }) => length))
    const own = Array.from({ length: height }, (_, index) => line(parts.map((part) => part[index] ?? '')))
    const note = below === undefined ? undefined : cut(printable(below), (width ?? Infinity) - INDENT.length)
    return note === undefined ? own : [...own, `${INDENT}${note}\n`]
  })
  return line(columns.map(({ header }) => header)) + body.join('')
}

/** How wide each column is in a line of `width`, of those that are as wide as `natural`. */
function fitted(
  columns: readonly TextColumn[],
  natural: readonly number[],
  width: number | undefined,
): readonly number[] {
  const widths = [...natural]
  const whole = natural.reduce((sum, own) => sum + own, 0) + GAP.length * (columns.length - 1)
  for (let excess = whole - (width ?? Infinity); excess > 0; excess--) {
    const gives = widths.map((own, at) => (columns[at]?.flexible || columns[at]?.wraps ? own : 0))
    const widest = Math.max(...gives)
    if (widest <= 1) break
    widths[gives.indexOf(widest)] = widest - 1
  }
  return widths
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

/** `text` in lines of at most `width`, broken after a colon where two lines will do, else between words, else anywhere. */
function wrapped(text: string, width: number): string[] {
  const rest = Array.from(text)
  const lines: string[] = []
  while (rest.length > width) {
    const start = rest.slice(0, width)
    const after = (pattern: RegExp): number => start.findLastIndex((character) => pattern.test(character)) + 1
    const colon = after(/:/)
    const end = rest.length - colon <= width ? colon : after(/[\s:_.-]/) || width
    lines.push(rest.splice(0, end).join('').trimEnd())
  }
  return [...lines, rest.join('')]
}
