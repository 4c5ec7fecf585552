/** One line of the table: something that Aldis does, beside something else that does the same. */
export interface Case {
  readonly name: string
  /** What Aldis takes. */
  readonly value: number
  /** Of `value` and `baseline`: `ns`, `µs`, `ms`, `s`, `bytes`, `MB`, `req/s`, `rows/s`. */
  readonly unit: string
  /** What the other takes; null where the value stands alone. */
  readonly baseline: number | null
  /** How many times `baseline` the value is. */
  readonly ratio: number | null
  /** What the ratio (without a baseline the value) must keep to; null where the case is only shown. */
  readonly bar: Bar | null
  /** Whether it does; true without a bar. */
  readonly ok: boolean
}

/** The limit of a case, as it is printed. */
export type Bar = `${'<=' | '<' | '>='} ${number}`

/** How long measuring takes. */
export interface Pace {
  /** `--smoke`: as short as still runs everything once. */
  readonly smoke: boolean
  /** How many samples each contender of a race gives. */
  readonly rounds: number
  /** How long one sample of a race lasts. */
  readonly sampleMs: number
}

/** Cases that are measured together. */
export interface Bench {
  /** What `--only` looks at, and how the names of the cases begin. */
  readonly name: string
  readonly run: (pace: Pace) => Promise<Case[]> | Case[]
}

/** What a case found, before it is judged. */
export interface Finding {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly baseline?: number
  /** @defaultValue `value / baseline` */
  readonly ratio?: number
  readonly bar?: Bar
}

/** Hold `finding` against its bar. */
export function judge({ name, value, unit, baseline, bar, ...given }: Finding): Case {
  const ratio = given.ratio ?? (baseline === undefined ? undefined : value / baseline)
  return {
    name,
    value,
    unit,
    baseline: baseline ?? null,
    ratio: ratio ?? null,
    bar: bar ?? null,
    ok: bar === undefined || keeps(ratio ?? value, bar),
  }
}

function keeps(found: number, bar: Bar): boolean {
  const [sign, number] = bar.split(' ')
  const limit = Number(number)
  if (sign === '<') return found < limit
  return sign === '<=' ? found <= limit : found >= limit
}
