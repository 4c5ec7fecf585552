import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'

import { afterCommit, em, OptimisticLockError } from '@aldis/models'
import { z } from 'zod'

import { ValidationError } from '../../action-errors.ts'
import { Dataset } from '../../entities/dataset.ts'
import { Resource } from '../../entities/resource.ts'
import { User } from '../../entities/user.ts'
import type { FileStorage } from '../../storage/file-storage.ts'
import type { ActionContext } from '../action.ts'
import { flushUnique } from '../unique-conflicts.ts'
import type { DatasetValues, WantedDataset, WantedResource } from './checked-dataset.ts'
import { conflict } from './dataset-conflict.ts'
import type { DatasetChange, ResourceChange } from './dataset-events.ts'
import type { ResourceValues } from './resource-values.ts'
import type { StoredDataset } from './stored-dataset.ts'

/** Where files are. */
interface Files {
  readonly storage: FileStorage
}

/**
 * Write what `wanted` says in place of `stored`, or as a new dataset, and say what that changed; undefined when nothing is
 * other than it was, and nothing is written.
 *
 * New files are kept, and old ones removed, when the transaction is committed.
 *
 * @throws ValidationError when somebody else has taken the name, or has written the dataset, at the same time
 */
export async function saveDataset(
  services: Files,
  context: ActionContext,
  wanted: WantedDataset,
): Promise<DatasetChange>
export async function saveDataset(
  services: Files,
  context: ActionContext,
  wanted: WantedDataset,
  stored: StoredDataset,
): Promise<DatasetChange | undefined>
export async function saveDataset(
  { storage }: Files,
  { actor }: ActionContext,
  wanted: WantedDataset,
  stored?: StoredDataset,
): Promise<DatasetChange | undefined> {
  if (stored && isAsWanted(stored, wanted)) return undefined
  const before = stored && visibilityOf(stored.dataset)
  const now = new Date(Math.max(Date.now(), (stored?.dataset.metadataModified.getTime() ?? 0) + 1))
  const dataset = stored
    ? Object.assign(stored.dataset, changesOf(stored.dataset, wanted.values), { metadataModified: now })
    : em().create(Dataset, {
        id: wanted.id ?? randomUUID(),
        ...wanted.values,
        creator: actor && em().getReference(User, actor.id),
        metadataCreated: now,
        metadataModified: now,
      })
  const files = new Set<string>()
  const resources = wanted.resources.flatMap((one, position) => {
    if (one.stored?.fileId) files.add(one.stored.fileId)
    return writeResource(dataset, one, position, now) ?? []
  })
  const rest = (stored?.resources ?? []).filter(
    (one) => !wanted.resources.some(({ stored: kept }) => kept === one),
  )
  for (const resource of rest) {
    if (resource.fileId) files.add(resource.fileId)
    Object.assign(resource, { state: 'deleted', fileId: null, metadataModified: now })
    resources.push({ kind: 'deleted', resource, contentChanged: false })
  }
  await flush()
  for (const { upload, values } of wanted.resources) {
    if (values.fileId !== null) files.delete(values.fileId)
    if (upload !== null) afterCommit(() => upload.claim())
  }
  for (const file of files) afterCommit(() => storage.remove(file))
  return { dataset, before, resources: await asSeen(dataset, before, resources) }
}

/** A deleted dataset takes its resources with it, and brings them back: their rows stay as they are. */
async function asSeen(
  { id, state }: Dataset,
  before: DatasetChange['before'],
  changes: readonly ResourceChange[],
): Promise<readonly ResourceChange[]> {
  if (before === undefined || (before.state === 'deleted') === (state === 'deleted')) return changes
  const all = await em().find(Resource, { dataset: id, state: 'active' }, { orderBy: { position: 'asc' } })
  if (before.state === 'deleted') {
    return all.map((resource) => ({ kind: 'created', resource, contentChanged: true }))
  }
  const others = all.filter((resource) => !changes.some((change) => change.resource === resource))
  return [
    ...changes.flatMap((change) =>
      change.kind === 'created' ? [] : [{ ...change, kind: 'deleted' as const }],
    ),
    ...others.map((resource) => ({ kind: 'deleted' as const, resource, contentChanged: false })),
  ]
}

/** What decides which events a change is. */
function visibilityOf({ state, private: isPrivate }: Dataset): { state: Dataset['state']; private: boolean } {
  return { state, private: isPrivate }
}

function isAsWanted({ dataset, resources }: StoredDataset, wanted: WantedDataset): boolean {
  return (
    Object.keys(changesOf(dataset, wanted.values)).length === 0 &&
    resources.length === wanted.resources.length &&
    wanted.resources.every(
      ({ stored, values }, position) =>
        stored !== undefined &&
        stored === resources[position] &&
        Object.keys(changesOf(stored, values)).length === 0,
    )
  )
}

/** Those of `wanted` that `row` has otherwise. What is the same is not assigned, so that no row is written for it. */
function changesOf<V extends DatasetValues | ResourceValues>(row: object, wanted: V): Partial<V>
function changesOf(row: object, wanted: object): object {
  return Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => {
      const current: unknown = Reflect.get(row, key)
      // Rows of one entity manager are one object each, and comparing what is in them is not meant.
      return key === 'organization' ? current !== value : !isDeepStrictEqual(current ?? null, value)
    }),
  )
}

function writeResource(
  dataset: Dataset,
  { id, stored, values }: WantedResource,
  position: number,
  now: Date,
): ResourceChange | undefined {
  if (stored === undefined) {
    const resource = em().create(Resource, {
      id: id ?? randomUUID(),
      dataset,
      position,
      ...values,
      created: now,
      metadataModified: now,
    })
    return { kind: 'created', resource, contentChanged: true }
  }
  if (stored.position !== position) stored.position = position
  const changes = changesOf<ResourceValues>(stored, values)
  if (Object.keys(changes).length === 0) return undefined
  Object.assign(stored, changes, { metadataModified: now })
  return { kind: 'updated', resource: stored, contentChanged: 'url' in changes || 'fileId' in changes }
}

/** As PostgreSQL refuses an index of words of more than 1 MB. */
const TooManyWords = z.object({ code: z.literal('54000') })

async function flush(): Promise<void> {
  const taken = { id: ['This id is already in use.'] }
  try {
    await flushUnique({
      datasets_name: { name: ['That URL is already in use.'] },
      datasets_pkey: taken,
      resources_pkey: taken,
    })
  } catch (error) {
    if (error instanceof OptimisticLockError) throw conflict()
    if (TooManyWords.safeParse(error).success) {
      throw new ValidationError({ notes: ['Too many different words: they could not be searched for.'] })
    }
    throw error
  }
}
