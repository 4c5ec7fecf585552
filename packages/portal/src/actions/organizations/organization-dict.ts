import { em } from '@aldis/models'

import { apiTime } from '../../api-time.ts'
import { Member } from '../../entities/member.ts'
import type { Organization } from '../../entities/organization.ts'
import type { ActionContext } from '../action.ts'
import { userDicts } from '../users/user-dict.ts'

/** An organization as the API shows one. */
export type OrganizationDict = Record<string, unknown>

interface Tables {
  readonly datasets: { organization_id: string; state: string; private: boolean }
}

/** `organizations` as the API shows them, without their users. */
export async function organizationDicts(organizations: readonly Organization[]): Promise<OrganizationDict[]> {
  const counts = await datasetCounts(organizations.map(({ id }) => id))
  return organizations.map((organization) => dictOf(organization, counts.get(organization.id) ?? 0))
}

/** `organization` as the API shows it, with its users if so wanted. */
export async function organizationDict(
  context: ActionContext,
  organization: Organization,
  withUsers: boolean,
): Promise<OrganizationDict> {
  const counts = await datasetCounts([organization.id])
  const dict = dictOf(organization, counts.get(organization.id) ?? 0)
  return withUsers ? { ...dict, users: await usersOf(context, organization) } : dict
}

function dictOf(organization: Organization, datasets: number): OrganizationDict {
  const { id, name, title, description, state, created } = organization
  return {
    id,
    name,
    title,
    display_name: title === '' ? name : title,
    description: description ?? '',
    state,
    created: apiTime(created),
    type: 'organization',
    is_organization: true,
    approval_status: 'approved',
    image_url: '',
    image_display_url: '',
    package_count: datasets,
    num_followers: 0,
    extras: [],
    groups: [],
    tags: [],
  }
}

async function usersOf(context: ActionContext, { id }: Organization): Promise<Record<string, unknown>[]> {
  const members = await em().find(
    Member,
    { organization: id, user: { state: { $ne: 'deleted' } } },
    { populate: ['user'], orderBy: { user: { name: 'asc' } } },
  )
  const users = await userDicts(
    context,
    members.map(({ user }) => user),
  )
  return users.map((user, at) => ({ ...user, capacity: members[at]?.capacity }))
}

/** How many datasets that everyone may see each of `organizations` has. */
async function datasetCounts(organizations: readonly string[]): Promise<Map<string, number>> {
  if (organizations.length === 0) return new Map()
  const rows = await em()
    .getKysely<Tables>()
    .selectFrom('datasets')
    .select(({ fn }) => ['organization_id', fn.countAll<string | number>().as('count')])
    .where('organization_id', 'in', [...organizations])
    .where('state', '=', 'active')
    .where('private', '=', false)
    .groupBy('organization_id')
    .execute()
  return new Map(rows.map(({ organization_id: id, count }) => [id, Number(count)]))
}
