import type { Command, CommandArguments } from '@aldis/core'

import type { JobFilter, Outbox } from '../outbox.ts'
import { JobStateError, JobUnknownError, OutboxUsageError } from './command-errors.ts'
import { jsonDocument, jsonOption } from './json-document.ts'
import { receiverOf, refuseUnknown, textOption } from './receiver-option.ts'
import { counted } from './wording.ts'

interface Change {
  readonly verb: 'retry' | 'discard'
  readonly description: string
  /** What jobs are then. */
  readonly done: 'retried' | 'discarded'
}

/** `aldis outbox retry` */
export function outboxRetry(outbox: () => Outbox): Command {
  const description = 'Give jobs to their receivers again, at once: parked ones with all their attempts'
  return change(outbox, { verb: 'retry', description, done: 'retried' })
}

/** `aldis outbox discard` */
export function outboxDiscard(outbox: () => Outbox): Command {
  const description = 'Delete jobs undelivered. They cannot be brought back'
  return change(outbox, { verb: 'discard', description, done: 'discarded' })
}

function change(outbox: () => Outbox, { verb, description, done }: Change): Command {
  return {
    name: `outbox ${verb}`,
    description,
    arguments: [{ name: 'id', description: 'one job, as "outbox list" names it', required: false }],
    options: [
      { name: 'receiver', description: 'all of a plugin, or of plugin:subscription', type: 'string' },
      { name: 'all', description: 'all of every receiver', type: 'boolean' },
      {
        name: 'state',
        description: 'which of several jobs: parked, unless it is given',
        type: 'string',
        choices: ['parked', 'waiting'],
      },
      jsonOption,
    ],
    needs: 'start',
    async run(args, { stdout, stderr }) {
      const { id } = args.arguments
      const filter = chosen(args, verb)
      const jobs = await outbox()[verb](filter)
      if (jobs === 0) await refuseUnchanged(outbox(), args, done)
      if (args.options['json'] === true) stdout(jsonDocument(`outbox-${verb}`, { jobs }))
      else stderr(id === undefined ? `${counted(jobs, 'job')} ${done}.\n` : `The job is ${done}.\n`)
    },
  }
}

/** Which jobs are meant: said in exactly one way. */
function chosen(args: CommandArguments, verb: string): JobFilter {
  const { id } = args.arguments
  const receiver = textOption(args, 'receiver')
  const ways = [id, receiver, args.options['all'] === true || undefined].filter((way) => way !== undefined)
  if (ways.length !== 1) {
    throw new OutboxUsageError(
      `Say which jobs to ${verb}, in one way: the id of a job, --receiver RECEIVER, or --all.`,
    )
  }
  const wanted = textOption(args, 'state')
  if (id !== undefined && wanted !== undefined) {
    throw new OutboxUsageError('--state chooses among several jobs; leave it out where the job is named.')
  }
  if (id !== undefined) return { ids: [id] }
  const state = wanted === 'waiting' ? 'waiting' : 'parked'
  return { state, ...(receiver !== undefined && receiverOf(receiver)) }
}

/** Nothing was changed: refuse where that is not what was asked for. */
async function refuseUnchanged(outbox: Outbox, args: CommandArguments, done: string): Promise<void> {
  const { id } = args.arguments
  if (id === undefined) return refuseUnknown(outbox, textOption(args, 'receiver'))
  const job = await outbox.show(id)
  if (job === undefined) throw new JobUnknownError(id)
  throw new JobStateError(id, job.state, done)
}
