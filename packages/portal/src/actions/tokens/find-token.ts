import { em } from '@aldis/models'

import { NotFoundError, ValidationError } from '../../action-errors.ts'
import { ApiToken } from '../../entities/api-token.ts'
import type { PortalServices } from '../../portal-services.ts'
import type { Parameters } from '../../request-parameters/json-parameters.ts'
import { API_TOKEN_ID, readApiToken } from '../../security/api-token.ts'

/**
 * The API token that `parameters` name, by its id in `jti` or by the `token` itself, with its user.
 *
 * @throws ValidationError when they name none
 * @throws NotFoundError when there is no such token
 */
export async function findToken({ secret }: PortalServices, parameters: Parameters): Promise<ApiToken> {
  const { jti, token } = parameters
  const where =
    typeof jti === 'string' && jti !== ''
      ? { id: jti }
      : typeof token === 'string' && token !== ''
        ? await readApiToken(token, secret.key('api-token'))
        : missing()
  const known = where !== undefined && API_TOKEN_ID.test(where.id)
  const found = known ? await em().findOne(ApiToken, where, { populate: ['user'] }) : null
  if (found === null) throw new NotFoundError('API token')
  return found
}

function missing(): never {
  throw new ValidationError({ token: ['Missing value'] })
}
