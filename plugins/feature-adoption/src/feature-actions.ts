import {
  apiTime,
  NotFoundError,
  ValidationError,
  type Action,
  type AuthFunction,
  type Parameters,
} from '@aldis/portal'

import type { Adoption, FeatureAdoption } from './feature-adoption.ts'
import { organizationNamed } from './whose-use.ts'

/** The actions by name. */
export function featureActions(adoptions: FeatureAdoption): Readonly<Record<string, Action>> {
  return {
    feature_adoption_list: {
      help:
        'What an organization uses, and since when. Parameter: id, the id or name of the organization; without it, what all ' +
        'use and what the site itself does.',
      sideEffectFree: true,
      async run(_context, parameters) {
        const reference = referenceIn(parameters)
        if (reference === undefined) return (await adoptions.adopted()).map(adoptionDict)
        const organization = await organizationNamed(reference)
        if (organization === null) throw new NotFoundError('Organization')
        return (await adoptions.adopted(organization.id)).map(adoptionDict)
      },
    },
  }
}

/** Who may call them: of one organization those who may change it, of all the sysadmins. */
export const featureAuth: Readonly<Record<string, AuthFunction>> = {
  feature_adoption_list: {
    async decide(context, parameters) {
      const id = referenceIn(parameters)
      if (id === undefined)
        return { success: false, msg: 'Only sysadmins may see what all organizations use' }
      await context.checkAccess('organization_update', { id })
      return { success: true }
    },
  },
}

function referenceIn({ id }: Parameters): string | undefined {
  if (id === undefined) return undefined
  if (typeof id !== 'string' || id === '') throw new ValidationError({ id: ['Must be an id or a name'] })
  return id
}

function adoptionDict({ organization, feature, since, user }: Adoption): object {
  return {
    organization_id: organization?.id ?? null,
    organization_name: organization?.name ?? null,
    feature,
    since: apiTime(since),
    user_id: user?.id ?? null,
    user_name: user?.name ?? null,
  }
}
