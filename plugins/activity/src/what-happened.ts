import { signals, SubscriptionMap, type User } from '@aldis/core'
import {
  datasetCreated,
  datasetDeleted,
  datasetPublished,
  datasetUpdated,
  resourceCreated,
  resourceDeleted,
  resourceUpdated,
  tokenCreated,
  tokenRevoked,
  type DatasetEvent,
  type ResourceEvent,
  type TokenEvent,
} from '@aldis/portal'
import type { Signal } from '@aldis/signals'

import type { ActivityLog } from './activity-log.ts'
import type { Entry } from './entry.ts'
import { ORGANIZATION_VERBS, organizationEntry } from './organization-entry.ts'
import { datastoreEntry, resourceEntry } from './resource-entry.ts'
import type { Verb } from './verbs.ts'

const DATASETS: readonly (readonly [Signal<string, DatasetEvent>, Verb])[] = [
  [datasetCreated, 'dataset_created'],
  [datasetUpdated, 'dataset_updated'],
  [datasetPublished, 'dataset_published'],
  [datasetDeleted, 'dataset_deleted'],
]

const RESOURCES: readonly (readonly [Signal<string, ResourceEvent>, Verb])[] = [
  [resourceCreated, 'resource_created'],
  [resourceUpdated, 'resource_updated'],
  [resourceDeleted, 'resource_deleted'],
]

const TOKENS: readonly (readonly [Signal<string, TokenEvent>, Verb])[] = [
  [tokenCreated, 'token_created'],
  [tokenRevoked, 'token_revoked'],
]

const USERS = [
  [signals.userCreated, 'user_created'],
  [signals.performPasswordReset, 'password_reset'],
] as const

/** Actions that write to the datastore. Its signals do not say who did it, these do. */
const DATASTORE_ACTIONS = [
  'datastore_create',
  'datastore_upsert',
  'datastore_delete',
  'datastore_records_delete',
] as const

/**
 * What is listened to, and what `log` notes of it. All of it inline, in the sender's transaction: what is heard after the commit, a
 * crash can lose.
 */
export function whatHappened(log: ActivityLog): SubscriptionMap {
  const heard = new SubscriptionMap()
  for (const [signal, verb] of DATASETS) {
    heard.on(signal, (id, event) => log.note(event.actor, datasetEntry(verb, id, event)), inline(verb))
  }
  for (const [signal, verb] of RESOURCES) {
    heard.on(signal, (id, event) => log.note(event.actor, resourceEntry(verb, id, event)), inline(verb))
  }
  for (const [signal, verb] of TOKENS) {
    heard.on(signal, (_user, event) => log.note(event.actor, tokenEntry(verb, event)), inline(verb))
  }
  for (const [signal, verb] of USERS) {
    // Who makes an account, or follows the link in the mail, is the user.
    heard.on(signal, (_name, { user }) => log.note(null, userEntry(verb, user, user)), inline(verb))
  }
  for (const [action, verb] of Object.entries(ORGANIZATION_VERBS)) {
    heard.on(
      signals.actionSucceed,
      (_action, event) => log.note(event.actor, organizationEntry(verb, event)),
      {
        ...inline(action),
        sender: action,
      },
    )
  }
  for (const action of DATASTORE_ACTIONS) {
    heard.on(signals.actionSucceed, (_action, { actor }) => log.note(actor), {
      ...inline(action),
      sender: action,
    })
  }
  return heard
    .on(
      signals.datastoreUpsert,
      (resource, { method, count, records }) => {
        // Whoever writes rows sends some along; a file's rows are too many for that.
        const data = { method, rows: count, ...(records.length === 0 && { fromFile: true }) }
        return log.note(null, datastoreEntry('datastore_written', resource, data))
      },
      inline('datastore_written'),
    )
    .on(
      signals.datastoreDelete,
      async (resource, { reason, deletedCount, tableDropped }) => {
        // With its resource, or with the file before: what happened to the resource is noted.
        if (reason === 'resource_delete' || reason === 'resource_update') return
        await log.note(
          null,
          datastoreEntry('datastore_deleted', resource, { rows: deletedCount, tableDropped }),
        )
      },
      inline('datastore_deleted'),
    )
}

function inline(id: string) {
  return { id, delivery: 'inline' } as const
}

function datasetEntry(verb: Verb, id: string, { actor, name, title }: DatasetEvent): Entry {
  const subject = { kind: 'dataset', id, title: title || name } as const
  return { at: new Date(), actor, verb, subject, dataset: id }
}

function tokenEntry(verb: Verb, { actor, user, token }: TokenEvent): Entry {
  return { ...userEntry(verb, actor, user), data: { token: token.name.slice(0, 100) } }
}

function userEntry(verb: Verb, actor: User | null, { id, name }: User): Entry {
  return { at: new Date(), actor, verb, subject: { kind: 'user', id, title: name } }
}
