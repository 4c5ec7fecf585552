import { inspect } from 'node:util'

import { messageOf, type ReceiverInfo, type SignalInfo } from '@aldis/core'

import type { Cli } from './cli.ts'
import { labelOf } from './receiver-columns.ts'
import type { Column } from './table.ts'

/** What became of one receiver. */
interface Outcome {
  readonly receiver: string
  readonly delivery: string
  /**
   * `handed over`: its delivery calls it and takes what it throws. `unknown`: a receiver
   * threw, and a send that is not robust does not say which.
   */
  readonly status: 'fulfilled' | 'rejected' | 'handed over' | 'unknown' | 'would be called'
  readonly value?: unknown
  readonly reason?: string
}

/** What became of a send. */
export interface SendReport {
  readonly outcomes: readonly Outcome[]
  /** What came out of the send instead of results. */
  readonly error: string | undefined
}

/** The methods of a signal that need no types of their own. Every signal has them. */
interface Sendable {
  sendAsync(
    sender: unknown,
    payload: unknown,
    options: { signal: AbortSignal },
  ): Promise<[unknown, unknown][]>
  sendRobustAsync(
    sender: unknown,
    payload: unknown,
    options: { signal: AbortSignal },
  ): Promise<({ status: 'fulfilled'; value: unknown } | { status: 'rejected'; reason: unknown })[]>
}

const isSendable = (signal: unknown): signal is Sendable =>
  typeof signal === 'object' && signal !== null && 'sendAsync' in signal && 'sendRobustAsync' in signal

/** The receivers that a send by `sender` reaches, in call order. */
export function receiversFor({ signal, receivers }: SignalInfo, sender: unknown): ReceiverInfo[] {
  const left = [...receivers]
  return signal.receiversFor(sender).flatMap((receiver) => {
    const index = left.findIndex((info) => info.receiver === receiver)
    return index === -1 ? [] : left.splice(0, index + 1).slice(-1)
  })
}

/** Who would be called. */
export function dryRunOf(receivers: readonly ReceiverInfo[]): SendReport {
  return {
    outcomes: receivers.map((info) => ({ ...named(info), status: 'would be called' })),
    error: undefined,
  }
}

/** How long one receiver may take: a person is waiting. */
const TIMEOUT_MS = 30_000

/** Send, wait, and tell what became of each of `receivers`. */
export async function sendAndReport(
  { signal, key }: SignalInfo,
  receivers: readonly ReceiverInfo[],
  sender: unknown,
  payload: unknown,
  options: { readonly robust: boolean; readonly signal: AbortSignal },
): Promise<SendReport> {
  if (!isSendable(signal)) throw new TypeError(`${key} is not a signal that can be sent.`)
  const inline = receivers.filter(({ delivery }) => delivery === 'inline')
  const others = receivers
    .filter(({ delivery }) => delivery !== 'inline')
    .map((info): Outcome => ({ ...named(info), status: 'handed over' }))
  const each = (outcome: (index: number) => Pick<Outcome, 'status' | 'value' | 'reason'>): Outcome[] => [
    ...inline.map((info, index): Outcome => ({ ...named(info), ...outcome(index) })),
    ...others,
  ]
  const limits = { signal: options.signal, timeoutMs: TIMEOUT_MS }
  if (options.robust) {
    const results = await signal.sendRobustAsync(sender, payload, limits)
    const outcomes = each((index) => {
      const result = results[index]
      if (result?.status === 'rejected') return { status: 'rejected', reason: reasonOf(result.reason) }
      return { status: 'fulfilled', value: result?.value }
    })
    return { outcomes, error: undefined }
  }
  try {
    const results = await signal.sendAsync(sender, payload, limits)
    return {
      outcomes: each((index) => ({ status: 'fulfilled', value: results[index]?.[1] })),
      error: undefined,
    }
  } catch (error) {
    const [only] = inline
    if (only && receivers.length === 1) {
      return {
        outcomes: each(() => ({ status: 'rejected', reason: reasonOf(error) })),
        error: reasonOf(error),
      }
    }
    return { outcomes: each(() => ({ status: 'unknown' })), error: reasonOf(error) }
  }
}

const named = (info: ReceiverInfo): Pick<Outcome, 'receiver' | 'delivery'> => ({
  receiver: labelOf(info),
  delivery: info.delivery,
})

const reasonOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : messageOf(error)

const columns: readonly Column<Outcome>[] = [
  { header: 'RECEIVER', value: ({ receiver }) => receiver },
  { header: 'DELIVERY', value: ({ delivery }) => delivery },
  {
    header: 'OUTCOME',
    value: ({ status }) => (status === 'fulfilled' ? 'ok' : status === 'rejected' ? 'FAILED' : status),
    color: ({ status }) => (status === 'fulfilled' ? 'green' : status === 'rejected' ? 'red' : undefined),
  },
  {
    header: 'RETURNED',
    value: ({ status, value, reason }) =>
      reason ?? (status === 'fulfilled' ? inspect(value, { depth: 3 }) : '-'),
    flexible: 'end',
    wrap: ({ reason }) => reason !== undefined,
  },
]

/** The report as a table. */
export function reportText(cli: Cli, { outcomes, error }: SendReport): string {
  const table = outcomes.length === 0 ? 'Nobody listens.\n' : cli.table(columns, outcomes)
  const unknown = outcomes.some(({ status }) => status === 'unknown')
  if (error === undefined || !unknown) return table
  return `${table}\nThe send ended with ${error}\nThose behind the receiver that threw were not called; --robust calls all and says which threw.\n`
}

/** The report as a document. */
export function documentOf({ outcomes, error }: SendReport): object {
  return {
    error: error ?? null,
    receivers: outcomes.map(({ receiver, delivery, status, value, reason }) => ({
      receiver,
      delivery,
      status,
      value: jsonValue(value),
      reason: reason ?? null,
    })),
  }
}

/** What a receiver returned, as far as JSON can say it. */
function jsonValue(value: unknown): unknown {
  try {
    const plain: unknown = value === undefined ? null : JSON.parse(JSON.stringify(value) ?? 'null')
    return plain
  } catch {
    return inspect(value)
  }
}
