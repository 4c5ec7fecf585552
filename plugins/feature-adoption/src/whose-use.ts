import { em } from '@aldis/models'
import { Dataset, Member, Organization, Resource } from '@aldis/portal'

import type { Subject } from './adoption-signals.ts'
import { isId } from './reference.ts'

/** Whose use it is: the ids of organizations, null for the site. Nobody's when what was used is not there any more. */
export async function organizationsOf(subject: Subject): Promise<readonly (string | null)[]> {
  if (subject.kind === 'site') return [null]
  const { kind, id } = subject
  if (!isId(id)) return []
  if (kind === 'organization') return [id]
  if (kind === 'user') return membershipsOf(id)
  return kind === 'dataset' ? ofDataset(id) : ofResource(id)
}

async function ofDataset(id: string): Promise<readonly (string | null)[]> {
  const dataset = await em().findOne(Dataset, id)
  return dataset === null ? [] : [dataset.organization?.id ?? null]
}

async function ofResource(id: string): Promise<readonly (string | null)[]> {
  const resource = await em().findOne(Resource, id)
  return resource === null ? [] : ofDataset(resource.dataset.id)
}

/** The organizations of a user, and the site when there are none. */
async function membershipsOf(user: string): Promise<readonly (string | null)[]> {
  const memberships = await em().find(Member, { user, organization: { state: 'active' } })
  return memberships.length === 0 ? [null] : memberships.map(({ organization }) => organization.id)
}

/** The active organization with this id or name; null when there is none. */
export async function organizationNamed(reference: string): Promise<Organization | null> {
  // PostgreSQL has no text with NUL.
  if (reference.includes('\0')) return null
  const named = isId(reference) ? { id: reference.toLowerCase() } : { name: reference }
  return em().findOne(Organization, { ...named, state: 'active' })
}

/** The id of the admin of the organization `id` whose account is the oldest; undefined when there is none. */
export async function ownerOf(id: string): Promise<string | undefined> {
  const admin = await em().findOne(
    Member,
    { organization: id, capacity: 'admin', user: { state: 'active' } },
    { orderBy: { user: { created: 'asc', id: 'asc' } } },
  )
  return admin?.user.id
}
