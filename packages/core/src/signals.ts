import { namespace, type Namespace, type Signal } from '@aldis/signals'
import type { z } from 'zod'

import type { Blueprint, BlueprintSender } from './blueprint.ts'
import * as payloads from './payloads.ts'

/** The signals that the host application sends. */
export const ckan: Namespace = namespace('ckan')

/** The signals of extensions: the place for those that plugins declare. */
export const ckanext: Namespace = namespace('ckanext')

/** The application that serves requests: what request signals and logins are sent by. */
export interface Application {
  readonly name: string
}

/**
 * Sent when a request has arrived, before anything looks at it: the user is
 * not known yet. For every request, those that end as 404 or as an error included.
 */
export const requestStarted: Signal<Application, z.output<typeof payloads.RequestStarted>> = ckan.declare(
  'request_started',
  {
    doc: 'A request has arrived and nothing has looked at it yet.',
    payload: payloads.RequestStarted,
    delivery: 'commit',
  },
)

/**
 * Sent once for every request, when its answer is ready and before the first
 * byte goes out; also for 404 and for errors, and when a receiver throws.
 */
export const requestFinished: Signal<Application, z.output<typeof payloads.RequestFinished>> = ckan.declare(
  'request_finished',
  {
    doc: 'The answer to a request is about to go out.',
    payload: payloads.RequestFinished,
    delivery: 'commit',
  },
)

/**
 * Sent for each dataset, resource, group or organization type that a plugin
 * registers, once its blueprint has its default routes and just before these
 * are registered with the server. A receiver may add routes. Sent while the
 * application is built, never for its own pages.
 */
export const registerBlueprint: Signal<BlueprintSender, { readonly blueprint: Blueprint }> = ckan.declare(
  'register_blueprint',
  {
    doc: 'The routes of a type that a plugin registers are about to be registered.',
    senders: ['dataset', 'resource', 'group', 'organization'],
    delivery: 'commit',
  },
)

/**
 * Sent by the resource's id when the download of an uploaded file is granted and
 * its stream is open, before the first byte. Not for links, and not when the answer is 403 or 404.
 */
export const resourceDownload: Signal<string, payloads.Nothing> = ckan.declare('resource_download', {
  doc: 'The download of an uploaded file is about to start.',
  payload: payloads.Nothing,
  delivery: 'commit',
})

/** Sent when a user has logged in: the session is written, the user is current. Not for API tokens. */
export const loggedIn: Signal<Application, z.output<typeof payloads.UserEvent>> = ckan.declare('logged_in', {
  doc: 'A user has logged in.',
  payload: payloads.UserEvent,
  delivery: 'commit',
  alias: 'user_logged_in',
})

/** Sent when a user has logged out: the session is gone. Not when nobody was logged in. */
export const loggedOut: Signal<Application, z.output<typeof payloads.UserEvent>> = ckan.declare(
  'logged_out',
  {
    doc: 'A user has logged out.',
    payload: payloads.UserEvent,
    delivery: 'commit',
    alias: 'user_logged_out',
  },
)

/** Sent by the login as it was typed, when a login is refused: unknown or inactive user, wrong password, too many tries. */
export const failedLogin: Signal<string, z.output<typeof payloads.FailedLogin>> = ckan.declare(
  'failed_login',
  {
    doc: 'A login was refused.',
    payload: payloads.FailedLogin,
    delivery: 'commit',
  },
)

/** Sent by the user's name in the transaction that stores the user. Ordinary subscriptions hear it after commit. */
export const userCreated: Signal<string, z.output<typeof payloads.UserEvent>> = ckan.declare('user_created', {
  doc: 'A user row was written.',
  payload: payloads.UserEvent,
  delivery: 'commit',
})

/** Sent by the user's name when the mail with the reset link is on its way. Not for unknown accounts. */
export const requestPasswordReset: Signal<string, z.output<typeof payloads.UserEvent>> = ckan.declare(
  'request_password_reset',
  { doc: 'A user asked for a new password.', payload: payloads.UserEvent, delivery: 'commit' },
)

/** Sent by the user's name in the transaction that stores the new password and spends the reset link. */
export const performPasswordReset: Signal<string, z.output<typeof payloads.UserEvent>> = ckan.declare(
  'perform_password_reset',
  { doc: 'A user has set a new password.', payload: payloads.UserEvent, delivery: 'commit' },
)

/**
 * Sent by the action's name when an action of the API has returned, reads and
 * nested actions included, the inner before the outer. Not when it failed.
 */
export const actionSucceed: Signal<string, z.output<typeof payloads.ActionSucceed>> = ckan.declare(
  'action_succeed',
  {
    doc: 'An action of the API has returned.',
    payload: payloads.ActionSucceed,
    delivery: 'commit',
    alias: 'action_succeeded',
  },
)

/** Sent by the resource's id in the transaction that wrote rows to its table. Not on a dry run. */
export const datastoreUpsert: Signal<string, z.output<typeof payloads.DatastoreUpsert>> = ckanext.declare(
  'datastore_upsert',
  { doc: "Rows of a resource's table were written.", payload: payloads.DatastoreUpsert, delivery: 'commit' },
)

/** Sent by the resource's id in the transaction that deleted rows of its table or dropped it, whatever caused that. */
export const datastoreDelete: Signal<string, z.output<typeof payloads.DatastoreDelete>> = ckanext.declare(
  'datastore_delete',
  {
    doc: "Rows of a resource's table were deleted, or the table was.",
    payload: payloads.DatastoreDelete,
    delivery: 'commit',
  },
)
