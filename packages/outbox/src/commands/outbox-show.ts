import { printable, type Command } from '@aldis/core'

import type { Outbox, OutboxJobDetails } from '../outbox.ts'
import { JobUnknownError } from './command-errors.ts'
import { jobDetailFields, jsonDocument, jsonOption } from './json-document.ts'
import { receiverName } from './receiver-option.ts'

const LABEL_WIDTH = 10

/** `aldis outbox show` */
export function outboxShow(outbox: () => Outbox): Command {
  return {
    name: 'outbox show',
    description: 'Show one job: where it is, why, and the event with its payload',
    arguments: [{ name: 'id', description: 'the job, as "outbox list" names it' }],
    options: [jsonOption],
    needs: 'start',
    async run({ arguments: { id = '' }, options }, { stdout }) {
      const job = await outbox().show(id)
      if (job === undefined) throw new JobUnknownError(id)
      stdout(
        options['json'] === true ? jsonDocument('outbox-show', { job: jobDetailFields(job) }) : text(job),
      )
    },
  }
}

function text(job: OutboxJobDetails): string {
  const { id, state, signal, sender, eventId, sentAt, attempts, dueAt, errorCode, error, version } = job
  const failure = [errorCode, error].filter((part) => part !== undefined).join(': ')
  const facts: readonly (readonly [label: string, value: string | undefined])[] = [
    ['Job', id],
    ['State', state],
    ['Receiver', receiverName(job)],
    ['Shard', job.shard],
    ['About', job.coalesce],
    ['Calls', String(attempts)],
    ['Due', dueAt?.toISOString()],
    ['Failure', failure === '' ? undefined : failure],
    ['Signal', signal],
    ['Sender', JSON.stringify(sender)],
    ['Event', eventId],
    ['Sent', sentAt.toISOString()],
    ['Trace', job.traceparent],
    ['Payload', `version ${version}`],
  ]
  const lines = facts.flatMap(([label, value]) =>
    value === undefined ? [] : [`${label.padEnd(LABEL_WIDTH)}${printable(value)}\n`],
  )
  const payload = JSON.stringify(job.payload, null, 2)
    .split('\n')
    // Its own escapes leave some characters that terminals obey.
    .map((line) => `  ${line.replace(/\p{Cc}/gu, '\uFFFD')}\n`)
  return [...lines, ...payload].join('')
}
