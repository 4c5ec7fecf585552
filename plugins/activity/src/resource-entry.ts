import { em } from '@aldis/models'
import { Resource, resourceName, type ResourceEvent } from '@aldis/portal'

import type { Details } from './activity.ts'
import type { LateEntry } from './entry.ts'
import { isId } from './reference.ts'
import type { Verb } from './verbs.ts'

/** What was done to the resource `id`. Without a name it is called as on the pages, by its file. */
export function resourceEntry(
  verb: Verb,
  id: string,
  { actor, name, format, dataset }: ResourceEvent,
): LateEntry {
  const at = new Date()
  return async () => {
    const title = name === null || name === '' ? await nameOf(id) : name
    const subject = { kind: 'resource', id, title } as const
    return { at, actor, verb, subject, dataset: String(dataset.id), data: { format: format.slice(0, 100) } }
  }
}

/** What was done to the rows of the resource `id`, with the resource as it is when the transaction ends. */
export function datastoreEntry(verb: Verb, id: string, data: Details): LateEntry {
  const at = new Date()
  return async () => {
    const resource = await find(id)
    if (resource === null) return undefined
    const subject = { kind: 'resource', id, title: resourceName(resource) } as const
    return { at, actor: null, verb, subject, dataset: resource.dataset.id, data }
  }
}

async function nameOf(id: string): Promise<string> {
  const resource = await find(id)
  return resource === null ? '' : resourceName(resource)
}

async function find(id: string): Promise<Resource | null> {
  return isId(id) ? em().findOne(Resource, id) : null
}
