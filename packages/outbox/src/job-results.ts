import { messageOf } from '@aldis/core'
import type { Job, JobResult } from 'pg-boss'

import { ownerOf } from './queue-name.ts'

/** What is stored of an error's message. */
const LONGEST_MESSAGE = 2000

/** The job is of a receiver that is gone. */
export function park(job: Job): Promise<JobResult> {
  const owner = ownerOf(job.name)
  return Promise.resolve(
    deadLetter(
      job,
      `The plugin "${owner?.plugin}" has no durable subscription "${owner?.subscription}" any more. Give the receiver ` +
        'this id again and retry the job, or discard it.',
    ),
  )
}

/** The job cannot be delivered. */
export function deadLetter(job: Job, message: string): JobResult {
  return { id: job.id, status: 'deadletter', output: { message } }
}

/** What is kept of an error's message. */
export function messageToKeep(error: unknown): string {
  return messageOf(error).slice(0, LONGEST_MESSAGE)
}

/** What is kept of an error where an operator sees it. */
export function outputOf(error: unknown): { message: string; code?: string } {
  const message = messageToKeep(error)
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined
  return typeof code === 'string' ? { message, code } : { message }
}
