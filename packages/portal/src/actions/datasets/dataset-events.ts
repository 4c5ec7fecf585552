import { refTo } from '@aldis/models'

import type { Dataset } from '../../entities/dataset.ts'
import type { Resource } from '../../entities/resource.ts'
import { eventText } from '../../event-text.ts'
import {
  datasetCreated,
  datasetDeleted,
  datasetPublished,
  datasetUpdated,
  resourceCreated,
  resourceDeleted,
  resourceUpdated,
  type DatasetEvent,
  type ResourceEvent,
} from '../../portal-signals.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { ActionContext } from '../action.ts'

/** Whether others can see a dataset. */
type Visibility = Pick<Dataset, 'state' | 'private'>

/** What a write has changed of a resource. */
export interface ResourceChange {
  readonly kind: 'created' | 'updated' | 'deleted'
  readonly resource: Resource
  readonly contentChanged: boolean
}

/** What a write has changed of a dataset. */
export interface DatasetChange {
  readonly dataset: Dataset
  /** Undefined for one that is new. */
  readonly before: Visibility | undefined
  /** Only those that are other than they were. Their order alone does not count. */
  readonly resources: readonly ResourceChange[]
}

const RESOURCE_SIGNALS = { created: resourceCreated, updated: resourceUpdated, deleted: resourceDeleted }

/** Send the signals of `change`: of the dataset first, then of its resources in order. Call it in the transaction. */
export async function sendChange(
  { settings }: Pick<PortalServices, 'settings'>,
  { actor }: Pick<ActionContext, 'actor'>,
  { dataset, before, resources }: DatasetChange,
): Promise<void> {
  const send = { timeoutMs: settings.receiverTimeoutMs }
  const who = actor && { id: actor.id, name: actor.name }
  for (const signal of datasetSignals(dataset, before)) {
    if (signal.isHeard) await signal.sendRobustAsync(dataset.id, datasetEvent(dataset, who), send)
  }
  for (const { kind, resource, contentChanged } of resources) {
    const signal = RESOURCE_SIGNALS[kind]
    if (!signal.isHeard) continue
    await signal.sendRobustAsync(resource.id, resourceEvent(dataset, resource, contentChanged, who), send)
  }
}

function datasetSignals(dataset: Dataset, before: Visibility | undefined): (typeof datasetCreated)[] {
  if (dataset.state === 'deleted' && before?.state !== 'deleted') return [datasetDeleted]
  const published = isPublic(dataset) && !(before && isPublic(before))
  return [before ? datasetUpdated : datasetCreated, ...(published ? [datasetPublished] : [])]
}

function isPublic({ state, private: isPrivate }: Visibility): boolean {
  return state === 'active' && !isPrivate
}

function datasetEvent(dataset: Dataset, actor: DatasetEvent['actor']): DatasetEvent {
  const { name, title, type, organization, private: isPrivate } = dataset
  return {
    dataset: refTo(dataset),
    name,
    title: eventText(title),
    type: eventText(type),
    organization: organization?.id ?? null,
    private: isPrivate,
    actor,
  }
}

function resourceEvent(
  dataset: Dataset,
  resource: Resource,
  contentChanged: boolean,
  actor: ResourceEvent['actor'],
): ResourceEvent {
  const { name, format, urlType, size } = resource
  return {
    resource: refTo(resource),
    dataset: refTo(dataset),
    name: typeof name === 'string' ? eventText(name) : null,
    format: eventText(format),
    urlType: typeof urlType === 'string' ? eventText(urlType) : null,
    size: size ?? null,
    contentChanged,
    actor,
  }
}
