import { html, type Html } from '@aldis/portal'

import type { ActivityDict } from './activity-json.ts'
import type { Verb } from './verbs.ts'

/** What each verb says of somebody. */
const SENTENCES: Readonly<Record<Verb, (activity: ActivityDict) => Html>> = {
  dataset_created: (activity) => html`created the dataset ${dataset(activity)}`,
  dataset_updated: (activity) => html`changed the dataset ${dataset(activity)}`,
  dataset_published: (activity) => html`published the dataset ${dataset(activity)}`,
  dataset_deleted: ({ object_title: title }) => html`deleted the dataset ${title}`,
  resource_created: (activity) => html`added ${theResource(activity)} to ${dataset(activity)}`,
  resource_updated: (activity) => html`changed ${theResource(activity)} of ${dataset(activity)}`,
  resource_deleted: (activity) =>
    html`deleted ${theResource(activity, resourceName(activity))} of ${dataset(activity)}`,
  datastore_written: (activity) =>
    html`wrote ${rows(activity)} of ${resource(activity)} of ${dataset(activity)}`,
  datastore_deleted: (activity) =>
    html`deleted ${rows(activity)} of ${resource(activity)} of ${dataset(activity)}`,
  organization_created: (activity) => html`created the organization ${organization(activity)}`,
  organization_updated: (activity) => html`changed the organization ${organization(activity)}`,
  organization_deleted: ({ object_title: title }) => html`deleted the organization ${title}`,
  member_added: (activity) =>
    html`made ${member(activity)} ${detail(activity, 'role') ?? 'member'} of the organization
    ${organization(activity)}`,
  member_removed: (activity) =>
    html`took ${member(activity)} out of the organization ${organization(activity)}`,
  user_created: () => html`joined`,
  password_reset: () => html`set a new password`,
  token_created: (activity) => html`made the API token ${detail(activity, 'token')}${forWhom(activity)}`,
  token_revoked: (activity) => html`took back the API token ${detail(activity, 'token')}${forWhom(activity)}`,
}

/** `activity` as people read it. */
export function sentence(activity: ActivityDict): Html {
  if (activity.data['fromFile'] === true) return loaded(activity)
  return html`${actor(activity)} ${SENTENCES[activity.activity_type](activity)}`
}

/** The rows of a file come after whoever uploaded it has gone on. */
function loaded(activity: ActivityDict): Html {
  const verb = activity.data['rows'] === 1 ? 'was' : 'were'
  return html`${rows(activity)} of ${resource(activity)} of ${dataset(activity)} ${verb} loaded from its file`
}

function actor({ user_id: id, user_name: name }: ActivityDict): Html {
  if (name === null) return html`The portal`
  return id === null ? html`${name}` : link(['user', name], name)
}

function dataset({ package: found, object_title: title }: ActivityDict): Html {
  return found === null ? html`${title}` : link(['dataset', found.name], found.title || found.name)
}

function theResource(activity: ActivityDict, called: Html | string = resource(activity)): Html {
  return html`${activity.object_title !== '' && 'the resource '}${called}`
}

function resource(activity: ActivityDict): Html {
  const { package: found, object_id: id } = activity
  const name = resourceName(activity)
  return found === null ? html`${name}` : link(['dataset', found.name, 'resource', id], name)
}

function resourceName({ object_title: title }: ActivityDict): string {
  return title === '' ? 'a resource' : title
}

function organization({ object_id: id, object_title: title }: ActivityDict): Html {
  return link(['organization', id], title)
}

function member(activity: ActivityDict): Html {
  const name = detail(activity, 'user')
  return name === undefined ? html`somebody` : link(['user', name], name)
}

function rows({ data: { rows: count, tableDropped } }: ActivityDict): string {
  if (tableDropped === true) return 'the table'
  return count === 1 ? '1 row' : `${typeof count === 'number' ? count : 'all'} rows`
}

function forWhom({ user_id: id, object_id: whose, object_title: name }: ActivityDict): Html | undefined {
  return id === whose ? undefined : html` of ${link(['user', name], name)}`
}

function detail({ data }: ActivityDict, name: string): string | undefined {
  const value = data[name]
  return typeof value === 'string' ? value : undefined
}

function link(path: readonly string[], text: string): Html {
  return html`<a href="/${path.map(encodeURIComponent).join('/')}">${text}</a>`
}
