import type { ColumnType } from './column-type.ts'

const isoDate = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/
const isoTimestamp =
  /^(\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))[T ](?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?$/
const wholeNumber = /^-?(?:0|[1-9]\d{0,17})$/
const decimalNumber = /^-?(?:0|[1-9]\d{0,99})(?:\.\d{1,100})?$/

/** The type of a column whose first value in JSON is `value`; `text` when that says nothing. */
export function typeOfJson(value: unknown): ColumnType {
  switch (typeof value) {
    case 'number':
      return typeOfNumber(value)
    case 'boolean':
      return 'bool'
    case 'string':
      return isDate(value) || isTimestamp(value) ? 'timestamp' : 'text'
    case 'object':
      return value === null ? 'text' : 'json'
    default:
      return 'text'
  }
}

function typeOfNumber(value: number): ColumnType {
  if (!Number.isInteger(value)) return 'float8'
  if (isInt4(value)) return 'int4'
  return Number.isSafeInteger(value) ? 'int8' : 'numeric'
}

/** From the narrowest to the widest. Text is none of them: everything is text. */
const candidates: readonly { readonly type: ColumnType; readonly fits: (cell: string) => boolean }[] = [
  { type: 'int4', fits: (cell) => wholeNumber.test(cell) && isInt4(Number(cell)) },
  { type: 'int8', fits: (cell) => wholeNumber.test(cell) },
  { type: 'numeric', fits: (cell) => decimalNumber.test(cell) },
  { type: 'bool', fits: (cell) => /^(?:true|false)$/i.test(cell) },
  { type: 'date', fits: isDate },
  { type: 'timestamp', fits: (cell) => isDate(cell) || isTimestamp(cell) },
  // Of zones only UTC: another one would not be there any more when the moment is read.
  { type: 'timestamptz', fits: (cell) => cell.endsWith('Z') && isTimestamp(cell.slice(0, -1)) },
]

/**
 * The narrowest type that holds all cells of one column of text, told of them one by one.
 *
 * Numbers with leading zeros are text, because they are names of things; empty cells fit every type.
 */
export class TextColumnGuess {
  #fitting = candidates
  #seen = false

  add(cell: string): void {
    if (cell === '') return
    this.#seen = true
    if (!this.#fitting.every(({ fits }) => fits(cell))) {
      this.#fitting = this.#fitting.filter(({ fits }) => fits(cell))
    }
  }

  get type(): ColumnType {
    return (this.#seen ? this.#fitting[0]?.type : undefined) ?? 'text'
  }
}

const isInt4 = (value: number): boolean => value >= -2_147_483_648 && value <= 2_147_483_647

function isDate(text: string): boolean {
  return isoDate.test(text) && isDayOfCalendar(text)
}

function isTimestamp(text: string): boolean {
  const day = isoTimestamp.exec(text)?.[1]
  return day !== undefined && isDayOfCalendar(day)
}

/** The year 0 and the 31st of June are not in it. */
function isDayOfCalendar(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`)
  return !day.startsWith('0000') && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}
