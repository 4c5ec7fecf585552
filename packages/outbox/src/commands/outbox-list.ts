import { textTable, type TextRow, type Command, type CommandArguments } from '@aldis/core'

import { JOB_STATES, type JobFilter, type Outbox, type OutboxJob } from '../outbox.ts'
import { jobFields, jsonDocument, jsonOption } from './json-document.ts'
import { wholeNumber } from './number-option.ts'
import { receiverName, receiverOf, refuseUnknown, textOption } from './receiver-option.ts'
import { counted, span } from './wording.ts'

const MOST = 1000
const COLUMNS = [
  { header: 'ID' },
  { header: 'STATE' },
  { header: 'CALLS', number: true },
  { header: 'AGE', number: true },
  { header: 'RECEIVER', wraps: true },
]

/** `aldis outbox list` */
export function outboxList(outbox: () => Outbox): Command {
  return {
    name: 'outbox list',
    description: 'List jobs, newest first, with the last failure of each',
    options: [
      {
        name: 'receiver',
        description: 'only those of a plugin, or of plugin:subscription',
        type: 'string',
      },
      { name: 'state', description: 'only those in this state', type: 'string', choices: JOB_STATES },
      { name: 'limit', description: `how many at most, up to ${MOST}`, type: 'number', default: 100 },
      { name: 'offset', description: 'how many to leave out before them', type: 'number', default: 0 },
      jsonOption,
    ],
    needs: 'start',
    async run(args, { stdout, stderr, isTTY, columns }) {
      const receiver = textOption(args, 'receiver')
      const limit = wholeNumber(args, 'limit', 1, MOST)
      const offset = wholeNumber(args, 'offset', 0, Number.MAX_SAFE_INTEGER)
      const found = await outbox().list(filterOf(args, receiver), { limit: limit + 1, offset })
      if (found.length === 0) await refuseUnknown(outbox(), receiver)
      const jobs = found.slice(0, limit)
      const more = found.length > limit
      if (args.options['json'] === true) {
        stdout(jsonDocument('outbox-list', { jobs: jobs.map(jobFields), more }))
        return
      }
      if (jobs.length > 0) stdout(textTable(COLUMNS, jobs.map(rowOf), isTTY ? columns : undefined))
      const next = more ? ` There are more: --offset ${offset + limit}.` : ''
      stderr(`\n${counted(jobs.length, 'job')}.${next}\n`)
    },
  }
}

function filterOf(args: CommandArguments, receiver: string | undefined): JobFilter {
  const wanted = textOption(args, 'state')
  const state = JOB_STATES.find((each) => each === wanted)
  return { ...(receiver !== undefined && receiverOf(receiver)), ...(state !== undefined && { state }) }
}

function rowOf(job: OutboxJob): TextRow {
  const { id, state, attempts, sentAt, error, errorCode } = job
  const age = Math.max(0, Date.now() - sentAt.getTime()) / 1000
  return {
    cells: [id, state, String(attempts), span(age), receiverName(job)],
    below:
      error === undefined ? undefined : [errorCode, error].filter((part) => part !== undefined).join(': '),
  }
}
