import type { User as Actor } from '@aldis/core'
import { em } from '@aldis/models'
import { Organization, User } from '@aldis/portal'

import type { Details } from './activity.ts'
import type { LateEntry } from './entry.ts'
import { referred } from './reference.ts'
import type { Verb } from './verbs.ts'

/** The actions that change an organization, and what is said of them. */
export const ORGANIZATION_VERBS: Readonly<Record<string, Verb>> = {
  organization_create: 'organization_created',
  organization_update: 'organization_updated',
  organization_patch: 'organization_updated',
  organization_delete: 'organization_deleted',
  organization_member_create: 'member_added',
  organization_member_delete: 'member_removed',
}

/** An action that succeeded, as its signal tells of it. */
export interface Succeeded {
  readonly actor: Actor | null
  readonly dataDict: Readonly<Record<string, unknown>>
  readonly result?: unknown
}

/** What was done to an organization, with the organization as it is when the transaction ends. */
export function organizationEntry(verb: Verb, { actor, dataDict, result }: Succeeded): LateEntry {
  const at = new Date()
  // A new organization's id is known from the result; the others are named, by id or by name, in the call.
  const named = textIn(verb === 'organization_created' ? result : dataDict, 'id')
  return async () => {
    const found = named === undefined ? null : await em().findOne(Organization, referred(named))
    if (found === null) return undefined
    const subject = { kind: 'organization', id: found.id, title: found.title || found.name } as const
    const data = verb.startsWith('member_') ? await memberData(dataDict) : {}
    return { at, actor, verb, subject, data }
  }
}

async function memberData(dataDict: Succeeded['dataDict']): Promise<Details> {
  const name = textIn(dataDict, 'username')
  const user = name === undefined ? null : await em().findOne(User, referred(name))
  const role = textIn(dataDict, 'role')
  return { ...(user && { user: user.name }), ...(role !== undefined && { role: role.slice(0, 100) }) }
}

/** The text in `value` under `name`. */
function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const text: unknown = Reflect.get(value, name)
  return typeof text === 'string' && text !== '' ? text : undefined
}
