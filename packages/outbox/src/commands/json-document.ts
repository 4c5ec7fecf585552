import type { CommandOption } from '@aldis/core'

import type { OutboxJob, OutboxJobDetails, OutboxStats } from '../outbox.ts'

/** The option of every command here. */
export const jsonOption: CommandOption = {
  name: 'json',
  description: 'print one JSON document instead of text',
  type: 'boolean',
}

/** The document of kind `name` with `fields`, as `--json` prints it. What does not apply is null. */
export function jsonDocument(name: string, fields: object): string {
  const $schema = `https://aldis.dev/schemas/${name}.v1.json`
  return `${JSON.stringify({ $schema, version: 1, ...fields }, null, 2)}\n`
}

/** {@link OutboxStats} as a document has them. */
export function statsFields({ receivers, ...sums }: OutboxStats): object {
  return {
    ...sums,
    receivers: receivers.map(({ quarantine, ...receiver }) => ({
      ...receiver,
      quarantine:
        quarantine === undefined
          ? null
          : { since: quarantine.since, failures: quarantine.failures, reason: quarantine.reason },
    })),
  }
}

/** A job as a document has it. */
export function jobFields(job: OutboxJob): object {
  const { id, state, plugin, subscription, eventId, signal, sender, sentAt, attempts } = job
  const { dueAt = null, error = null, errorCode = null, shard = null } = job
  return {
    id,
    state,
    plugin,
    subscription,
    eventId,
    signal,
    sender,
    sentAt,
    attempts,
    dueAt,
    error,
    errorCode,
    shard,
  }
}

/** A job with all that is stored of it, as a document has it. The version is that of the payload's schema. */
export function jobDetailFields(job: OutboxJobDetails): object {
  const { payload, version, traceparent = null, coalesce = null } = job
  return { ...jobFields(job), payload, payloadVersion: version, traceparent, coalesce }
}
