import { signals, SubscriptionMap, type User } from '@aldis/core'
import { DoNotRetryError } from '@aldis/outbox'
import {
  datasetCreated,
  datasetPublished,
  datasetUpdated,
  resourceCreated,
  resourceUpdated,
  tokenCreated,
  type DatasetEvent,
  type ResourceEvent,
} from '@aldis/portal'
import type { Meta, Signal } from '@aldis/signals'

import { featureUsed, type Subject } from './adoption-signals.ts'
import type { Adoptions } from './adoptions.ts'
import type { Use } from './feature-adoption.ts'
import { FeatureUseError } from './feature-errors.ts'

const DATASETS: readonly (readonly [Signal<string, DatasetEvent>, string])[] = [
  [datasetCreated, 'dataset_created'],
  [datasetUpdated, 'dataset_updated'],
  [datasetPublished, 'dataset_published'],
]

const RESOURCES: readonly (readonly [Signal<string, ResourceEvent>, string])[] = [
  [resourceCreated, 'resource_created'],
  [resourceUpdated, 'resource_updated'],
]

/** Actions whose signal is used, and the key of their result that is the organization's id. */
const ACTIONS = [
  ['organization_create', 'organization_created', 'id'],
  ['organization_member_create', 'member_added', 'group_id'],
] as const

/**
 * What is listened to, and what `adoptions` records of it: in receivers that are called until they return.
 *
 * Payloads of any size, which a durable subscription would make their senders fail with, are heard inline, and what
 * matters of them is sent on in the same transaction.
 */
export function usedFeatures(adoptions: Adoptions): SubscriptionMap {
  const heard = new SubscriptionMap()
    .on(
      featureUsed,
      (feature, { subject, user }, meta) =>
        adoptions.note(subject, [feature], useBy(user, meta)).catch(refuseForGood),
      durable('feature_used'),
    )
    .on(
      signals.userCreated,
      (_name, { user }, meta) => adoptions.note({ kind: 'site' }, ['user_created'], useBy(user, meta)),
      durable('user_created'),
    )
    .on(
      tokenCreated,
      (_name, { user, actor }, meta) =>
        adoptions.note({ kind: 'user', id: user.id }, ['token_created'], useBy(actor, meta)),
      durable('token_created'),
    )
    .on(
      signals.resourceDownload,
      (id, _payload, meta) =>
        adoptions.note({ kind: 'resource', id }, ['file_downloaded'], useBy(null, meta)),
      durable('file_downloaded'),
    )
    .on(
      signals.datastoreUpsert,
      (id) => sendOn('rows_written', { kind: 'resource', id }, null),
      inline('rows_written'),
    )
  for (const [signal, feature] of DATASETS) {
    heard.on(
      signal,
      (_id, event, meta) =>
        adoptions.note(ownerOfDataset(event), datasetFeatures(feature, event), useBy(event.actor, meta)),
      durable(feature),
    )
  }
  for (const [signal, feature] of RESOURCES) {
    heard.on(
      signal,
      (id, event, meta) =>
        adoptions.note({ kind: 'resource', id }, resourceFeatures(feature, event), useBy(event.actor, meta)),
      durable(feature),
    )
  }
  for (const [action, feature, key] of ACTIONS) {
    heard.on(
      signals.actionSucceed,
      async (_action, { actor, result }) => {
        const id: unknown =
          typeof result === 'object' && result !== null ? Reflect.get(result, key) : undefined
        if (typeof id === 'string') await sendOn(feature, { kind: 'organization', id }, actor)
      },
      { ...inline(feature), sender: action },
    )
  }
  return heard
}

function durable(id: string) {
  return { id, delivery: 'durable' } as const
}

function inline(id: string) {
  return { id, delivery: 'inline' } as const
}

function useBy(user: User | null, meta: Meta | undefined): Use {
  return { user, at: meta?.event?.sentAt ?? new Date() }
}

async function sendOn(feature: string, subject: Subject, user: User | null): Promise<void> {
  await featureUsed.sendRobustAsync(feature, { subject, user })
}

/** As it was then. */
function ownerOfDataset({ organization }: DatasetEvent): Subject {
  return organization === null ? { kind: 'site' } : { kind: 'organization', id: organization }
}

function datasetFeatures(feature: string, event: DatasetEvent): readonly string[] {
  return event.private ? [feature, 'private_dataset'] : [feature]
}

function resourceFeatures(feature: string, { urlType, contentChanged }: ResourceEvent): readonly string[] {
  const isUpload = urlType === 'upload' && (feature === 'resource_created' || contentChanged)
  return isUpload ? [feature, 'file_uploaded'] : [feature]
}

/** A name that is none stays none. */
function refuseForGood(error: unknown): never {
  throw error instanceof FeatureUseError ? new DoNotRetryError(error.message, { cause: error }) : error
}
