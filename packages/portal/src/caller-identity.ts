import { em } from '@aldis/models'
import type { FastifyRequest } from 'fastify'

import type { Actor } from './actions/action.ts'
import { ApiToken } from './entities/api-token.ts'
import { User } from './entities/user.ts'
import type { PortalServices } from './portal-services.ts'
import { bearerOf, readApiToken } from './security/api-token.ts'
import { sessionUserId } from './security/sessions.ts'

/** Who sent `request`, by its API token or by its session; null for nobody, or for somebody who is not active. */
export async function identify(request: FastifyRequest, services: PortalServices): Promise<Actor | null> {
  const token = bearerOf(request.headers)
  if (token !== undefined) return tokenOwner(token, services)
  const userId = sessionUserId(request)
  if (userId === undefined) return null
  return actorOf(await em().findOne(User, userId))
}

async function tokenOwner(token: string, { secret }: PortalServices): Promise<Actor | null> {
  const reference = await readApiToken(token, secret.key('api-token'))
  if (reference === undefined) return null
  const { id, hash } = reference
  const found = await em().findOne(ApiToken, { id, hash }, { populate: ['user'] })
  return found && actorOf(found.user)
}

function actorOf(user: User | null): Actor | null {
  if (user === null || user.state !== 'active') return null
  const { id, name, sysadmin } = user
  return { id, name, sysadmin }
}
