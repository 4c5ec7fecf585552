import { em } from '@aldis/models'

import { NotFoundError } from '../action-errors.ts'
import type { ActionContext, Actor } from '../actions/action.ts'
import { datasetAccess, resourceAccess, type DatasetAccess } from '../actions/datasets/dataset-access.ts'
import { referenceIn, searchable } from '../actions/datasets/dataset-reference.ts'
import { Member } from '../entities/member.ts'
import type { AuthFunction, AuthOutcome } from '../interfaces/iauth-functions.ts'
import type { PortalServices } from '../portal-services.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { isUuid } from '../validators/uuid.ts'

type Find = (context: ActionContext, parameters: Parameters) => Promise<DatasetAccess | undefined>

/** Who may do what with datasets and their resources. */
export function datasetAuth({ settings }: PortalServices): Readonly<Record<string, AuthFunction>> {
  const update = deciding(ofDataset, mayUpdate)
  const updateResource = deciding(ofResource, mayUpdate)
  return {
    package_show: { ...deciding(ofDataset, mayRead), allowAnonymous: true },
    package_create: { decide: (context, { owner_org: owner }) => mayCreate(context, owner, settings) },
    package_update: update,
    package_delete: update,
    resource_show: { ...deciding(ofResource, mayRead), allowAnonymous: true },
    resource_create: deciding(
      (context, parameters) => datasetAccess(context, referenceIn(parameters, 'package_id')),
      mayUpdate,
    ),
    resource_update: updateResource,
    resource_delete: updateResource,
    tag_delete: { decide: () => refused('only sysadmins take a tag from all datasets') },
  }
}

const ofDataset: Find = (context, parameters) =>
  datasetAccess(context, referenceIn(parameters, 'id' in parameters ? 'id' : 'name'))

const ofResource: Find = (context, parameters) => resourceAccess(context, referenceIn(parameters, 'id'))

function deciding(
  find: Find,
  may: (actor: Actor | null, access: DatasetAccess) => AuthOutcome,
): AuthFunction {
  return {
    async decide(context, parameters) {
      const access = await find(context, parameters)
      if (access === undefined) throw new NotFoundError()
      return may(context.actor, access)
    },
  }
}

function mayRead(actor: Actor | null, access: DatasetAccess): AuthOutcome {
  if (writes(actor, access)) return { success: true }
  if (access.state === 'deleted') throw new NotFoundError()
  if (access.state === 'draft') return refused(`User ${nameOf(actor)} not authorized to read drafts`)
  if (access.private && access.capacity === null) {
    return refused(`User ${nameOf(actor)} not authorized to read package ${access.id}`)
  }
  return { success: true }
}

function mayUpdate(actor: Actor | null, access: DatasetAccess): AuthOutcome {
  if (writes(actor, access)) return { success: true }
  if (access.state === 'deleted') throw new NotFoundError()
  return refused(`User ${nameOf(actor)} not authorized to edit package ${access.id}`)
}

/** Those who edit for the organization; of a dataset without one, who made it. */
function writes(actor: Actor | null, { organizationId, creatorId, capacity }: DatasetAccess): boolean {
  if (actor === null) return false
  return organizationId === null ? creatorId === actor.id : capacity === 'admin' || capacity === 'editor'
}

async function mayCreate(
  { actor }: ActionContext,
  owner: unknown,
  { unownedDatasets }: PortalServices['settings'],
): Promise<AuthOutcome> {
  const success = { success: true } as const
  if (owner === undefined || owner === null || owner === '') {
    return unownedDatasets ? success : refused('a dataset must belong to an organization')
  }
  if (typeof owner !== 'string' || actor === null) return refused('not a member of the organization')
  const edits = await em().count(Member, {
    user: actor.id,
    capacity: { $in: ['admin', 'editor'] },
    organization: isUuid(owner) ? { id: owner } : { name: searchable(owner) },
  })
  return edits > 0
    ? success
    : refused(`User ${nameOf(actor)} not authorized to add dataset to this organization`)
}

function nameOf(actor: Actor | null): string {
  return actor?.name ?? 'anonymous'
}

function refused(msg: string): AuthOutcome {
  return { success: false, msg }
}
