import { em } from '@aldis/models'
import { Resource } from '@aldis/portal'

import type { Details } from './activity.ts'
import type { LateEntry } from './entry.ts'
import { isId } from './reference.ts'
import type { Verb } from './verbs.ts'

/** What was done to the rows of the resource `id`, with the resource as it is when the transaction ends. */
export function datastoreEntry(verb: Verb, id: string, data: Details): LateEntry {
  const at = new Date()
  return async () => {
    const resource = isId(id) ? await em().findOne(Resource, id) : null
    if (resource === null) return undefined
    const subject = { kind: 'resource', id, title: resource.name ?? '' } as const
    return { at, actor: null, verb, subject, dataset: resource.dataset.id, data }
  }
}
