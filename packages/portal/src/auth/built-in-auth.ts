import type { AuthFunction } from '../interfaces/iauth-functions.ts'
import type { PortalServices } from '../portal-services.ts'
import { datasetAuth } from './dataset-auth.ts'
import { organizationAuth } from './organization-auth.ts'
import { tokenAuth } from './token-auth.ts'
import { userAuth } from './user-auth.ts'

/** The portal's own authorization functions, by the names of the actions that they are about. */
export function builtInAuth(services: PortalServices): Readonly<Record<string, AuthFunction>> {
  const everyone: AuthFunction = { allowAnonymous: true, decide: () => ({ success: true }) }
  return {
    site_read: everyone,
    ...datasetAuth(services),
    ...organizationAuth,
    ...tokenAuth(services),
    ...userAuth(services),
  }
}
