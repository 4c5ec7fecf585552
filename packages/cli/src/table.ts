import { styleText } from 'node:util'

/** One column of a table. */
export interface Column<Row> {
  readonly header: string
  readonly value: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Takes what the others leave, and is cut where it does not fit: its end, or its start when that matters less. */
  readonly flexible?: 'end' | 'start'
  /** Put on a line of its own under the row where it does not fit beside the others. */
  readonly below?: boolean
  /** Left out of a narrow terminal; the lowest number first. */
  readonly dispensable?: number
  /** Whether this row's text is continued on further lines instead of being cut. */
  readonly wrap?: (row: Row) => boolean
  readonly color?: (row: Row) => Format | undefined
}

/** How a table is to look. */
export interface TableOptions {
  /** The widest line; undefined when nothing may be cut. */
  readonly width: number | undefined
  readonly color: boolean
  /** Put before every line. */
  readonly indent?: string
}

const GAP = '  '
/** A flexible column narrower than this says too little: others give way first. */
const ENOUGH = 24

/** Lay out `rows` under their headers, one line each (more where a cell wraps). */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  options: TableOptions,
): string {
  const { color, indent = '' } = options
  const width = options.width === undefined ? Infinity : options.width - indent.length
  const { shown, widths, below } = fit(columns, rows, width)
  const painted = (text: string, format: Format | undefined): string =>
    format === undefined || !color || text === '' ? text : styleText(format, text, { validateStream: false })
  const line = (cells: readonly string[], format: (column: Column<Row>) => Format | undefined): string => {
    const last = cells.findLastIndex((cell) => cell !== '')
    const padded = shown.slice(0, last + 1).map((column, at) => {
      const cell = cells[at] ?? ''
      const align = column.align ?? 'left'
      const whole = at === last && align === 'left' ? cell : pad(cell, widths[at] ?? 0, align)
      return painted(whole, format(column))
    })
    return `${indent}${padded.join(GAP)}\n`
  }
  const header = line(
    shown.map((column) => column.header),
    () => 'bold',
  )
  const body = rows.flatMap((row) => {
    const cells = shown.map((column, at) => {
      const text = printable(column.value(row))
      const most = widths[at] ?? Infinity
      if (column.wrap?.(row) === true) return wrapText(text, most)
      return [cut(text, most, column.flexible ?? 'end')]
    })
    const height = Math.max(...cells.map((cell) => cell.length))
    const under = below.map(
      (column) => `${indent}    ${painted(printable(column.value(row)), column.color?.(row) ?? 'dim')}\n`,
    )
    const lines = Array.from({ length: height }, (_, index) =>
      line(
        cells.map((cell) => cell[index] ?? ''),
        (column) => column.color?.(row),
      ),
    )
    return [...lines, ...under]
  })
  return header + body.join('')
}

type Format = Parameters<typeof styleText>[0]

/** The rows as lines of values with tabs between them, under a line of headers; nothing is cut. */
export function renderPlain<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ header }) => header),
    ...rows.map((row) => columns.map(({ value }) => printable(value(row)))),
  ]
  return lines.map((cells) => `${cells.join('\t')}\n`).join('')
}

/** The columns that fit into `width`, and how wide each is. */
function fit<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): { shown: readonly Column<Row>[]; widths: readonly number[]; below: readonly Column<Row>[] } {
  const natural = new Map(
    columns.map((column) => [
      column,
      Math.max(textWidth(column.header), ...rows.map((row) => textWidth(printable(column.value(row))))),
    ]),
  )
  const whole = [...natural.values()].reduce((sum, own) => sum + own, 0) + GAP.length * (columns.length - 1)
  const below = whole > width ? columns.filter((column) => column.below) : []
  let shown = columns.filter((column) => !below.includes(column))
  for (;;) {
    const fixed = shown.filter(({ flexible }) => flexible === undefined)
    const flexible = shown.filter((column) => column.flexible !== undefined)
    const taken =
      fixed.reduce((sum, column) => sum + (natural.get(column) ?? 0), 0) + GAP.length * (shown.length - 1)
    const left = width - taken
    const wanted = flexible.reduce((sum, column) => sum + (natural.get(column) ?? 0), 0)
    const least = flexible.reduce((sum, column) => sum + Math.min(ENOUGH, natural.get(column) ?? 0), 0)
    const victim = shown
      .filter(({ dispensable }) => dispensable !== undefined)
      .toSorted((a, b) => (a.dispensable ?? 0) - (b.dispensable ?? 0))[0]
    if (left >= wanted || left >= least || victim === undefined) {
      const share = (column: Column<Row>): number => {
        const own = natural.get(column) ?? 0
        if (column.flexible === undefined || left >= wanted) return own
        return Math.max(Math.min(own, 8), Math.floor((left * own) / wanted))
      }
      return { shown, widths: shown.map(share), below }
    }
    shown = shown.filter((column) => column !== victim)
  }
}

/** `text` on one line, with nothing in it that a terminal would act on. */
export function printable(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\p{Cc}/gu, '\uFFFD')
    .trim()
}

/** How many columns `text` takes: two for what is drawn wide, none for what joins the character before. */
function textWidth(text: string): number {
  let width = 0
  for (const character of text) {
    if (/\p{Mark}|\u200D/u.test(character)) continue
    width +=
      /\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1
  }
  return width
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)))
  return align === 'left' ? text + space : space + text
}

function cut(text: string, width: number, side: 'end' | 'start'): string {
  if (textWidth(text) <= width) return text
  const characters = side === 'end' ? Array.from(text) : Array.from(text).toReversed()
  let kept = ''
  for (const character of characters) {
    if (textWidth(kept) + textWidth(character) > width - 1) break
    kept = side === 'end' ? kept + character : character + kept
  }
  return side === 'end' ? `${kept.trimEnd()}…` : `…${kept.trimStart()}`
}

/** `text` in lines of at most `width`, broken between words; a longer word keeps its line to itself. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
