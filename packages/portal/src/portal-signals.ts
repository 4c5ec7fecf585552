import { signals, type User } from '@aldis/core'
import { refSchema, type Ref } from '@aldis/models'
import type { Signal } from '@aldis/signals'
import { z } from 'zod'

import { Dataset } from './entities/dataset.ts'
import { Resource } from './entities/resource.ts'

const Actor = z.object({ id: z.string(), name: z.string() }).readonly().nullable()

/** A dataset was written. */
export interface DatasetEvent {
  readonly dataset: Ref<Dataset>
  readonly name: string
  readonly title: string
  /** `dataset`, or a type that a plugin registers. */
  readonly type: string
  /** The id of the organization that owns it. */
  readonly organization: string | null
  readonly private: boolean
  /** Who did it; null for the portal itself. */
  readonly actor: User | null
}

const DatasetEventSchema: z.ZodType<DatasetEvent> = z
  .object({
    dataset: refSchema(Dataset),
    name: z.string(),
    title: z.string(),
    type: z.string(),
    organization: z.string().nullable(),
    private: z.boolean(),
    actor: Actor,
  })
  .readonly()

/** A resource of a dataset was written. */
export interface ResourceEvent {
  readonly resource: Ref<Resource>
  readonly dataset: Ref<Dataset>
  readonly name: string | null
  readonly format: string
  /** `upload` for files that the portal keeps. */
  readonly urlType: string | null
  /** In bytes, where it is known. */
  readonly size: number | null
  /** Whether its file or link is another than before. */
  readonly contentChanged: boolean
  readonly actor: User | null
}

const ResourceEventSchema: z.ZodType<ResourceEvent> = z
  .object({
    resource: refSchema(Resource),
    dataset: refSchema(Dataset),
    name: z.string().nullable(),
    format: z.string(),
    urlType: z.string().nullable(),
    size: z.number().nullable(),
    contentChanged: z.boolean(),
    actor: Actor,
  })
  .readonly()

/** An API token was made or taken back. The token itself is in no signal. */
export interface TokenEvent {
  readonly user: User
  readonly token: { readonly id: string; readonly name: string }
  readonly actor: User | null
}

const TokenEventSchema: z.ZodType<TokenEvent> = z
  .object({
    user: z.object({ id: z.string(), name: z.string() }).readonly(),
    token: z.object({ id: z.string(), name: z.string() }).readonly(),
    actor: Actor,
  })
  .readonly()

/** An action of the API failed. */
export interface ActionFailed {
  readonly actor: User | null
  /** Without what is secret. */
  readonly dataDict: Readonly<Record<string, unknown>>
  /** What the client was told. */
  readonly error: { readonly type: string; readonly message: string }
}

const ActionFailedSchema: z.ZodType<ActionFailed> = z
  .object({
    actor: Actor,
    dataDict: z.record(z.string(), z.unknown()).readonly(),
    error: z.object({ type: z.string(), message: z.string() }).readonly(),
  })
  .readonly()

/**
 * Sent by the action's name when a call of the API has failed and its transaction is rolled back. Once for a call: not for the actions
 * that the failing one called.
 */
export const actionFailed: Signal<string, ActionFailed> = signals.ckan.declare('action_failed', {
  doc: 'An action of the API has failed, and what it did is undone.',
  payload: ActionFailedSchema,
  delivery: 'commit',
})

function datasetSignal(name: string, doc: string): Signal<string, DatasetEvent> {
  return signals.ckan.declare(name, { doc, payload: DatasetEventSchema, delivery: 'commit' })
}

function resourceSignal(name: string, doc: string): Signal<string, ResourceEvent> {
  return signals.ckan.declare(name, { doc, payload: ResourceEventSchema, delivery: 'commit' })
}

function tokenSignal(name: string, doc: string): Signal<string, TokenEvent> {
  return signals.ckan.declare(name, { doc, payload: TokenEventSchema, delivery: 'commit' })
}

/** Sent by the dataset's id in the transaction that stores the dataset. Drafts too. */
export const datasetCreated: Signal<string, DatasetEvent> = datasetSignal(
  'dataset_created',
  'A dataset was created.',
)

/** Sent by the dataset's id in the transaction that changes it or its resources. Not when nothing changed. */
export const datasetUpdated: Signal<string, DatasetEvent> = datasetSignal(
  'dataset_updated',
  'A dataset was changed.',
)

/** Sent by the dataset's id in the transaction that marks it as deleted. */
export const datasetDeleted: Signal<string, DatasetEvent> = datasetSignal(
  'dataset_deleted',
  'A dataset was deleted.',
)

/**
 * Sent by the dataset's id, after `dataset_created` or `dataset_updated`, when everyone may see it who could not before: it is
 * active and public, and was new, a draft, private or deleted.
 */
export const datasetPublished: Signal<string, DatasetEvent> = datasetSignal(
  'dataset_published',
  'A dataset became visible to everyone.',
)

/** Sent by the resource's id in the transaction that stores it. */
export const resourceCreated: Signal<string, ResourceEvent> = resourceSignal(
  'resource_created',
  'A resource was added to a dataset.',
)

/** Sent by the resource's id in the transaction that changes it. Not when nothing changed. */
export const resourceUpdated: Signal<string, ResourceEvent> = resourceSignal(
  'resource_updated',
  'A resource was changed.',
)

/** Sent by the resource's id in the transaction that deletes it, also when its dataset is deleted. */
export const resourceDeleted: Signal<string, ResourceEvent> = resourceSignal(
  'resource_deleted',
  'A resource was deleted.',
)

/** Sent by the user's name in the transaction that stores the token. */
export const tokenCreated: Signal<string, TokenEvent> = tokenSignal('token_created', 'An API token was made.')

/** Sent by the user's name in the transaction that takes the token back. */
export const tokenRevoked: Signal<string, TokenEvent> = tokenSignal(
  'token_revoked',
  'An API token was taken back.',
)
