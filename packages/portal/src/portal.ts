import { defineToken, type Token } from '@aldis/core'

import type { Caller } from './action-calls.ts'
import type { Actor } from './actions/action.ts'
import type { Mailer } from './mail/mailer.ts'
import type { Parameters } from './request-parameters/json-parameters.ts'
import type { Site } from './site.ts'
import type { FileStorage } from './storage/file-storage.ts'

/** What the portal offers plugins. */
export interface Portal {
  readonly site: Site
  /**
   * Call an action of the API, as nobody in particular unless `caller` says who.
   *
   * @throws ActionError with what the caller is to be told
   */
  call(action: string, parameters: Parameters, caller?: Caller): Promise<unknown>
  /**
   * Who sent `request`, which a route of a plugin was called with: by its API token, or for GET by who is logged in. Null for
   * nobody, and for requests that the portal did not hand out.
   */
  actorOf(request: Request): Promise<Actor | null>
  /** Where uploaded files are. */
  readonly storage: FileStorage
  readonly mailer: Mailer
  /** Settles when the portal answers requests, and has filled an empty database if it is to. Never in a host that does not serve. */
  readonly serving: Promise<void>
}

/** The portal, for plugins: name it in `inject`, and "portal" in `requires`. */
export const Portal: Token<Portal> = defineToken<Portal>('portal:Portal')
