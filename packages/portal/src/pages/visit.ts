import type { FastifyReply, FastifyRequest } from 'fastify'

import { ActionError } from '../action-errors.ts'
import type { Actor } from '../actions/action.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import type { PageView } from '../interfaces/itemplate-helpers.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { queryParameters } from '../request-parameters/form-parameters.ts'
import { csrfToken } from '../security/csrf.ts'
import { flash, login, logout, sessionUserId } from '../security/sessions.ts'
import type { HelperCalls } from '../template-helpers.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { PortalServices } from '../portal-services.ts'

/** What pages work with. */
export interface VisitTools {
  readonly services: PortalServices
  readonly accounts: Accounts
  readonly helpers: HelperCalls
}

/** One request for a page: who asks, with what, and what the page is made with. */
export class Visit implements PageView {
  readonly actor: Actor | null
  readonly services: PortalServices
  readonly accounts: Accounts
  readonly helpers: HelperCalls
  /** What the address says after the question mark. */
  readonly query: Parameters
  /** What the form was sent with; nothing when the page is only asked for. */
  readonly form: Parameters
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  #personal = false

  constructor(
    request: FastifyRequest,
    reply: FastifyReply,
    actor: Actor | null,
    { services, accounts, helpers }: VisitTools,
  ) {
    this.#request = request
    this.#reply = reply
    this.actor = actor
    this.services = services
    this.accounts = accounts
    this.helpers = helpers
    this.query = queryParameters(request.url)
    this.form = request.aldisForm?.parameters ?? {}
  }

  /** Whether nobody may keep a copy of the page. */
  get personal(): boolean {
    return this.#personal || this.actor !== null
  }

  get path(): string {
    return this.#request.url.split('?', 1)[0] ?? '/'
  }

  /** Path and query, as a link back to this page. */
  get here(): string {
    return this.#request.url
  }

  get remoteAddress(): string {
    return this.#request.ip
  }

  /** Whether the visitor is known by a cookie, and not by an API token. */
  get bySession(): boolean {
    return sessionUserId(this.#request) !== undefined
  }

  /** The part of the path that the route calls `name`. */
  param(name: string): string {
    const { params } = this.#request
    if (typeof params !== 'object' || params === null) return ''
    const found: unknown = Reflect.get(params, name)
    return typeof found === 'string' ? found : ''
  }

  call(action: string, parameters: Parameters): Promise<unknown> {
    return this.services.actions.call(action, parameters, { actor: this.actor })
  }

  /** Whether the visitor may do `action`. */
  async may(action: string, parameters: Parameters): Promise<boolean> {
    try {
      await this.services.actions.checkAccess(action, parameters, { actor: this.actor })
      return true
    } catch (error) {
      if (error instanceof ActionError) return false
      throw error
    }
  }

  /** The hidden field that every form with `method="post"` needs. */
  csrfField(): Html {
    this.#personal = true
    return html`<input type="hidden" name="_csrf" value="${csrfToken(this.#reply)}" />`
  }

  /** Show `message` on the next page. */
  flash(message: string): void {
    flash(this.#request, message)
  }

  /** Begin a session for `userId`, in place of the one there is. */
  logIn(userId: string): Promise<void> {
    return login(this.#request, userId)
  }

  /** End the session. */
  logOut(): Promise<void> {
    return logout(this.#request)
  }

  date(moment: unknown): HtmlValue {
    return typeof moment === 'string' || moment instanceof Date
      ? this.helpers.now('format_date', moment)
      : undefined
  }

  bytes(size: unknown): HtmlValue {
    return typeof size === 'number' ? this.helpers.now('format_bytes', size) : undefined
  }
}
