import { em, LockMode } from '@aldis/models'

import { ValidationError } from '../../action-errors.ts'
import { Dataset } from '../../entities/dataset.ts'
import { requiredText } from '../../validators/required-text.ts'
import type { Action } from '../action.ts'
import { findOrganization } from './find-organization.ts'

/** The action `organization_delete`. */
export const organizationDelete: Action = {
  help: 'Delete an organization that has no datasets. Parameter: id, the id or name. Its name stays taken.',
  run: async (context, parameters) => {
    const organization = await findOrganization(context, requiredText(parameters, 'id'))
    // Whoever gives it a dataset now is done first, or finds it deleted.
    await em().lock(organization, LockMode.PESSIMISTIC_WRITE)
    const datasets = await em().count(Dataset, { organization: organization.id, state: { $ne: 'deleted' } })
    if (datasets > 0) {
      throw new ValidationError({ id: ['Organization cannot be deleted while it still has datasets'] })
    }
    organization.state = 'deleted'
    await em().flush()
    return null
  },
}
