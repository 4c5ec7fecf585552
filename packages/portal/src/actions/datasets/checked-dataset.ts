import { em, LockMode } from '@aldis/models'

import { Dataset, type Extra } from '../../entities/dataset.ts'
import { Organization } from '../../entities/organization.ts'
import { Resource } from '../../entities/resource.ts'
import type { Parameters } from '../../request-parameters/json-parameters.ts'
import type { ActionContext } from '../action.ts'
import { conflict } from './dataset-conflict.ts'
import { DatasetInput, type ResourceInput } from './dataset-schema.ts'
import { searchable } from './dataset-reference.ts'
import { checked, Problems } from './field-problems.ts'
import { resourceValues, storedValues, type ResourceValues } from './resource-values.ts'
import type { StoredDataset } from './stored-dataset.ts'
import { isUuid } from '../../validators/uuid.ts'

/** What is written of a dataset. */
export interface DatasetValues {
  readonly name: string
  readonly title: string
  readonly notes: string | null
  readonly type: string
  readonly organization: Organization | null
  readonly private: boolean
  readonly state: Dataset['state']
  readonly author: string | null
  readonly authorEmail: string | null
  readonly maintainer: string | null
  readonly maintainerEmail: string | null
  readonly licenseId: string | null
  readonly url: string | null
  readonly version: string | null
  readonly extras: readonly Extra[]
  readonly tags: string[]
}

/** A resource that the dataset is to have, in place of `stored` if there is that. */
export interface WantedResource {
  /** What a sysadmin says that a new one is called. */
  readonly id: string | undefined
  readonly stored: Resource | undefined
  readonly values: ResourceValues
  readonly upload: ResourceInput['upload']
}

/** What a dataset is to be. */
export interface WantedDataset {
  /** What a sysadmin says that a new one is called. */
  readonly id: string | undefined
  readonly values: DatasetValues
  /** In order. */
  readonly resources: readonly WantedResource[]
}

/**
 * What `parameters` want the dataset to be that is now `stored`, or that is new. What they leave out of a stored
 * one's organization, type, state, resources, and whether it is private, stays; anything else that they leave out goes.
 *
 * @throws ValidationError with all that is wrong with them
 * @throws NotAuthorizedError when the caller may not give the organization a dataset
 */
export async function checkedDataset(
  context: ActionContext,
  parameters: Parameters,
  stored?: StoredDataset,
): Promise<WantedDataset> {
  const input = checked(DatasetInput, parameters)
  if (stored && input.metadata_modified) refuseStale(stored.dataset, input.metadata_modified)
  const problems = new Problems()
  const id = stored
    ? undefined
    : await newId(
        context,
        (id) => em().count(Dataset, { id }),
        input.id,
        (text) => problems.add(['id'], text),
      )
  const organization = await wantedOrganization(context, input.owner_org, stored, problems)
  const isPrivate = input.private ?? stored?.dataset.private ?? false
  if (isPrivate && organization === null) {
    problems.add(['private'], "Datasets with no organization can't be private.")
  }
  if (!stored && input.state === 'deleted') problems.add(['state'], 'A new dataset must be draft or active')
  if (await isTaken(input.name, stored)) problems.add(['name'], 'That URL is already in use.')
  const resources = await wantedResources(context, input.resources, stored, problems)
  problems.throwIfAny()
  return {
    id,
    resources,
    values: {
      name: input.name,
      title: input.title ?? input.name,
      notes: input.notes,
      type: stored?.dataset.type ?? input.type ?? 'dataset',
      organization,
      private: isPrivate,
      state: input.state ?? stored?.dataset.state ?? 'active',
      author: input.author,
      authorEmail: input.author_email,
      maintainer: input.maintainer,
      maintainerEmail: input.maintainer_email,
      licenseId: input.license_id,
      url: input.url,
      version: input.version,
      extras: (input.extras ?? []).map(({ key, value }) => ({ key, value })),
      tags: input.tags ?? [],
    },
  }
}

/**
 * The organization that `reference` names; null for none. The caller's right to give it `stored`, or a new
 * dataset, is asked for.
 *
 * @throws NotAuthorizedError when the caller may not
 */
export async function wantedOrganization(
  context: ActionContext,
  reference: string | null | undefined,
  stored: StoredDataset | undefined,
  problems: Problems,
): Promise<Organization | null> {
  const current = stored?.dataset.organization ?? null
  if (reference === undefined && stored) return current
  if (!reference) {
    if (current) await context.checkAccess('package_create', {})
    return null
  }
  const named = isUuid(reference) ? { id: reference.toLowerCase() } : { name: searchable(reference) }
  // It is there until the dataset is: nobody deletes it meanwhile.
  const lockMode = LockMode.PESSIMISTIC_READ
  const wanted = await em().findOne(Organization, { ...named, state: 'active' }, { lockMode })
  if (wanted === null) {
    problems.add(['owner_org'], 'Organization does not exist')
    return null
  }
  if (stored && wanted.id !== current?.id)
    await context.checkAccess('package_create', { owner_org: wanted.id })
  return wanted
}

function refuseStale({ metadataModified }: Dataset, read: Date): void {
  if (metadataModified.getTime() !== read.getTime()) throw conflict()
}

async function isTaken(name: string, stored: StoredDataset | undefined): Promise<boolean> {
  const others = { name, state: { $ne: 'deleted' } } as const
  return (await em().count(Dataset, stored ? { ...others, id: { $ne: stored.dataset.id } } : others)) > 0
}

async function wantedResources(
  context: ActionContext,
  inputs: readonly ResourceInput[] | null | undefined,
  stored: StoredDataset | undefined,
  problems: Problems,
): Promise<readonly WantedResource[]> {
  const current = stored?.resources ?? []
  if (!inputs) return current.map((resource) => kept(resource))
  const wanted: WantedResource[] = []
  const seen = new Set<string>()
  for (const [position, input] of inputs.entries()) {
    const add = (field: string, text: string): void => problems.add(['resources', position, field], text)
    const known = current.find(({ id }) => id === input.id)
    const values = resourceValues(input, known)
    if (input.id && seen.has(input.id)) add('id', 'Another resource has this id')
    if (input.id) seen.add(input.id)
    if (values.url === '' && values.urlType === null) add('url', 'Missing value')
    const id = known
      ? undefined
      : await newId(
          context,
          (id) => em().count(Resource, { id }),
          input.id,
          (text) => add('id', text),
        )
    wanted.push({ id, stored: known, values, upload: input.upload })
  }
  return wanted
}

/** What `stored` is already, with `changes`. */
export function keptDataset(
  { dataset, resources }: StoredDataset,
  changes: Partial<Pick<DatasetValues, 'state' | 'organization'>>,
): WantedDataset {
  return {
    id: undefined,
    values: {
      name: dataset.name,
      title: dataset.title,
      notes: dataset.notes ?? null,
      type: dataset.type,
      organization: dataset.organization ?? null,
      private: dataset.private,
      state: dataset.state,
      author: dataset.author ?? null,
      authorEmail: dataset.authorEmail ?? null,
      maintainer: dataset.maintainer ?? null,
      maintainerEmail: dataset.maintainerEmail ?? null,
      licenseId: dataset.licenseId ?? null,
      url: dataset.url ?? null,
      version: dataset.version ?? null,
      extras: dataset.extras,
      tags: dataset.tags,
      ...changes,
    },
    resources: resources.map((resource) => kept(resource)),
  }
}

function kept(stored: Resource): WantedResource {
  return { id: undefined, stored, values: storedValues(stored), upload: null }
}

/** What a new row is to be called, where the caller may say that: sysadmins bring datasets from elsewhere. */
async function newId(
  { trusted, actor }: ActionContext,
  count: (id: string) => Promise<number>,
  id: string | null,
  refuse: (message: string) => void,
): Promise<string | undefined> {
  if (!id) return undefined
  if (!trusted && actor?.sysadmin !== true) refuse('The input field id was not expected.')
  else if (!isUuid(id)) refuse('Must be a UUID')
  else if ((await count(id)) > 0) refuse('This id is already in use.')
  return id.toLowerCase()
}
