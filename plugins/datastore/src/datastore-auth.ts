import { em } from '@aldis/models'
import { ValidationError, type AuthFunction, type AuthOutcome } from '@aldis/portal'

import { referenceIn } from './actions/action-parameters.ts'
import { refuseBothOrNeither } from './actions/datastore-create.ts'
import { resourceIdOf } from './found-table.ts'
import { isJsonObject } from './json-object.ts'

const success: AuthOutcome = { success: true }

/** Who may update a resource may write its table. */
const update: AuthFunction = {
  async decide(context, parameters) {
    await context.checkAccess('resource_update', { id: referenceIn(parameters) })
    return success
  },
}

/** Who may see a resource may read its table. */
const show: AuthFunction = {
  allowAnonymous: true,
  async decide(context, parameters) {
    const id = await resourceIdOf(em().getKysely(), referenceIn(parameters))
    await context.checkAccess('resource_show', { id })
    return success
  },
}

const create: AuthFunction = {
  async decide(context, parameters) {
    refuseBothOrNeither(parameters)
    const { resource } = parameters
    if (resource === undefined || resource === null) return update.decide(context, parameters)
    if (!isJsonObject(resource)) throw new ValidationError({ resource: ['Must be an object'] })
    const { package_id: dataset } = resource
    if (typeof dataset !== 'string' || dataset === '') {
      throw new ValidationError({ package_id: ['Missing value'] })
    }
    await context.checkAccess('package_update', { id: dataset })
    return success
  },
}

/** Who may call the actions of the datastore. */
export const datastoreAuth: Readonly<Record<string, AuthFunction>> = {
  datastore_create: create,
  datastore_upsert: update,
  datastore_delete: update,
  datastore_records_delete: update,
  datastore_search: show,
  datastore_info: show,
}
