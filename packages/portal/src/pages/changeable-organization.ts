import { ShownOrganization } from './shown.ts'
import type { Visit } from './visit.ts'

/** The organization of the path, for those who may change it. */
export async function changeableOrganization(visit: Visit): Promise<ShownOrganization> {
  const shown = await visit.call('organization_show', { id: visit.param('id') })
  const organization = ShownOrganization.parse(shown)
  await visit.services.actions.checkAccess(
    'organization_update',
    { id: organization.id },
    { actor: visit.actor },
  )
  return organization
}
