import type { PortalServices } from '../../portal-services.ts'
import type { Action } from '../action.ts'
import { apiTokenCreate } from './api-token-create.ts'
import { apiTokenList } from './api-token-list.ts'
import { apiTokenRevoke } from './api-token-revoke.ts'

/** The actions about API tokens by name. */
export function tokenActions(services: PortalServices): Readonly<Record<string, Action>> {
  return {
    api_token_create: apiTokenCreate(services),
    api_token_list: apiTokenList,
    api_token_revoke: apiTokenRevoke(services),
  }
}
