import { AldisError } from '@aldis/core'

import type { JobState } from '../outbox.ts'

/** A command of the outbox was called in a way that it cannot be. Nothing was changed. */
export class OutboxUsageError extends AldisError {
  readonly code = 'OUTBOX_USAGE'
  readonly exitCode = 2
}

/** A job is named that is not there. */
export class JobUnknownError extends AldisError {
  readonly code = 'JOB_UNKNOWN'
  readonly exitCode = 3

  constructor(id: string) {
    super(
      `There is no job "${id}". Delivered jobs are kept for a while only, and a job has another id when it has been ` +
        'retried from where it was parked. "aldis outbox list" shows those that there are.',
    )
  }
}

/** A job is where it cannot be retried or discarded. Nothing was changed. */
export class JobStateError extends AldisError {
  readonly code = 'JOB_STATE'
  readonly state: JobState

  constructor(id: string, state: JobState, deed: string) {
    const reason =
      state === 'waiting' && deed === 'retried'
        ? 'it waits for no later attempt, but for its turn, its plugin or a resume.'
        : 'only jobs that wait or are parked can.'
    super(`The job "${id}" is ${state}, and cannot be ${deed}: ${reason}`)
    this.state = state
  }
}

/** The outbox has nothing of a receiver that was named. Nothing was changed. */
export class ReceiverUnknownError extends AldisError {
  readonly code = 'RECEIVER_UNKNOWN'
  readonly exitCode = 3

  constructor(receiver: string, known: readonly string[]) {
    super(
      `The outbox has nothing of "${receiver}". ${
        known.length === 0
          ? 'There are no durable receivers.'
          : `Name a plugin, or a receiver of it: ${known.join(', ')}.`
      }`,
    )
  }
}
