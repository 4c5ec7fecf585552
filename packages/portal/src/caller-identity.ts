import { em } from '@aldis/models'
import type { FastifyRequest } from 'fastify'

import type { Actor } from './actions/action.ts'
import { ApiToken } from './entities/api-token.ts'
import { User } from './entities/user.ts'
import type { PortalServices } from './portal-services.ts'
import { bearerOf, readApiToken } from './security/api-token.ts'
import { sessionUserId } from './security/sessions.ts'

/** Somebody who asks for a hundred things in a minute is written down once. */
const NOTED_EVERY_MS = 60_000

/**
 * Who sent `request`, by its API token or by its session; null for nobody, or for somebody who is not active. When a
 * token, and its owner, were last active is written down, at most once a minute. Without a token or a login no query is made.
 */
export async function identify(request: FastifyRequest, services: PortalServices): Promise<Actor | null> {
  const token = bearerOf(request.headers)
  if (token !== undefined) return tokenOwner(token, services)
  const userId = sessionUserId(request)
  if (userId === undefined) return null
  return activeUser(await em().findOne(User, userId))
}

async function tokenOwner(token: string, { secret }: PortalServices): Promise<Actor | null> {
  const reference = await readApiToken(token, secret.key('api-token'))
  if (reference === undefined) return null
  const { id, hash } = reference
  const found = await em().findOne(ApiToken, { id, hash }, { populate: ['user'] })
  if (found === null) return null
  const actor = await activeUser(found.user)
  if (actor !== null && isLongAgo(found.lastAccess)) {
    // Past the unit of work: a note is no change that anybody listens for.
    await em().nativeUpdate(ApiToken, { id }, { lastAccess: new Date() })
  }
  return actor
}

async function activeUser(user: User | null): Promise<Actor | null> {
  if (user?.state !== 'active') return null
  const { id, name, sysadmin, lastActive } = user
  if (isLongAgo(lastActive)) await em().nativeUpdate(User, { id }, { lastActive: new Date() })
  return { id, name, sysadmin }
}

function isLongAgo(date: Date | null | undefined): boolean {
  return date === null || date === undefined || Date.now() - date.getTime() >= NOTED_EVERY_MS
}
