import { apiTime } from '../../api-time.ts'
import type { ApiToken } from '../../entities/api-token.ts'

/** `token` as the API lists it: its id is what it is revoked by, and lets nobody in. */
export function tokenDict({ id, name, user, createdAt, lastAccess }: ApiToken): Record<string, unknown> {
  return {
    id,
    name,
    user_id: user.id,
    created_at: apiTime(createdAt),
    last_access: lastAccess ? apiTime(lastAccess) : null,
  }
}
