import { signals, type Application, type User } from '@aldis/core'
import { em, transaction } from '@aldis/models'

import { NotAuthorizedError, NotFoundError, ValidationError } from '../action-errors.ts'
import type { Actor } from '../actions/action.ts'
import { User as UserModel } from '../entities/user.ts'
import { MailError } from '../mail/mail-errors.ts'
import type { PortalServices } from '../portal-services.ts'
import { LoginThrottle } from '../security/login-throttle.ts'
import { verifyPassword } from '../security/passwords.ts'
import { isUuid } from '../validators/uuid.ts'
import { findLogin, type KnownLogin } from './find-login.ts'
import { Notifications } from './notifications.ts'
import { createResetLink, findResetLink, removeResetLink, spendResetLink } from './reset-links.ts'
import { resetMail } from './reset-mail.ts'

/** Why somebody was not let in. It goes to receivers; whoever tried is told the same for all but `throttled`. */
export type LoginRefusal = 'unknown_user' | 'inactive_user' | 'wrong_password' | 'throttled'

/** What came of a login. */
export type LoginOutcome =
  | { readonly ok: true; readonly user: Actor }
  | { readonly ok: false; readonly reason: LoginRefusal }

/** What came of asking for a reset link. It says nothing of whether there is such a user. */
export type ResetRequestOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: 'nobody_named' | 'mail_failed' }

/** What a new account is made from. */
export interface Registration {
  readonly name: string
  readonly email: string
  readonly fullname: string
  readonly password: string
}

/** Logging in and out, new accounts and forgotten passwords: what pages call. Sessions are the pages' own. */
export class Accounts {
  readonly #services: PortalServices
  readonly #application: Application
  readonly #notifications: Notifications
  readonly #throttle = new LoginThrottle()

  constructor(services: PortalServices, application: Application) {
    this.#services = services
    this.#application = application
    this.#notifications = new Notifications(services)
  }

  /**
   * Check `login`, a name or an e-mail address, and `password`, for a browser at `remoteAddress`. The answer takes
   * as long for a login that nobody has. Refused, `failed_login` is sent; let in, start the session and call {@link loggedIn}.
   */
  async logIn(login: string, password: string, remoteAddress: string): Promise<LoginOutcome> {
    const attempt = await this.#throttle.attempt(login, remoteAddress)
    if (!attempt.allowed) return this.#refuse('throttled', login, remoteAddress)
    const user = await findLogin(login)
    const fits = await verifyPassword(password, user?.passwordHash ?? undefined)
    if (user === undefined) return this.#refuse('unknown_user', login, remoteAddress)
    if (user.state !== 'active') return this.#refuse('inactive_user', login, remoteAddress)
    if (!fits) return this.#refuse('wrong_password', login, remoteAddress)
    await this.#throttle.succeeded(login, remoteAddress)
    return { ok: true, user: { id: user.id, name: user.name, sysadmin: user.sysadmin } }
  }

  /** Send `logged_in`: `user`'s session has begun. */
  async loggedIn(user: User): Promise<void> {
    if (signals.loggedIn.isHeard) await this.#send(signals.loggedIn, this.#application, userEvent(user))
  }

  /** Send `logged_out`: `user`'s session has ended. */
  async loggedOut(user: User): Promise<void> {
    if (signals.loggedOut.isHeard) await this.#send(signals.loggedOut, this.#application, userEvent(user))
  }

  /**
   * Make an account for somebody who is not logged in, as `user_create` does.
   *
   * @throws ValidationError with what is wrong
   * @throws NotAuthorizedError when the site takes no registrations
   */
  async register(registration: Registration): Promise<Actor> {
    await this.#services.actions.call('user_create', { ...registration })
    const user = await em().findOneOrFail(UserModel, { name: registration.name })
    return { id: user.id, name: user.name, sysadmin: user.sysadmin }
  }

  /**
   * Mail a link by which the user with this name or e-mail address sets a new password, and send `request_password_reset`
   * when that is on its way. For those that nobody has the outcome is the same. Do not call it in a transaction.
   */
  async requestReset(userOrEmail: string): Promise<ResetRequestOutcome> {
    const login = userOrEmail.trim()
    if (login === '') return { ok: false, reason: 'nobody_named' }
    const user = await findLogin(login)
    if (user === undefined || user.state === 'deleted') return { ok: true }
    const told = await this.#sendLink(user)
    if (told === 'failed') return { ok: false, reason: 'mail_failed' }
    if (told === 'sent' && signals.requestPasswordReset.isHeard) {
      await this.#send(signals.requestPasswordReset, user.name, userEvent(user))
    }
    return { ok: true }
  }

  /**
   * Check that the link with this `key` lets the user `userId` set a password.
   *
   * @throws NotFoundError when there is no such user
   * @throws NotAuthorizedError when the key is wrong, spent or too old, or the user is deleted
   */
  async checkReset(userId: string, key: string | undefined): Promise<void> {
    await this.#resetLink(userId, key)
  }

  /**
   * Set the password of the user `userId`, who has the link with this `key`. It is spent, the user's sessions end, and
   * a user whose account waited for it becomes active.
   *
   * @throws NotFoundError or NotAuthorizedError as {@link checkReset}
   * @throws ValidationError when the passwords differ, or are none to be used; the link stays good
   */
  async performReset(
    userId: string,
    key: string | undefined,
    password1: string,
    password2: string,
  ): Promise<void> {
    const { user, link } = await this.#resetLink(userId, key)
    if (password1 === '' || password2 === '') {
      throw new ValidationError({ password: ['Please enter both passwords'] })
    }
    if (password1 !== password2) {
      throw new ValidationError({ password: ['The passwords you entered do not match'] })
    }
    const actor: Actor = { id: user.id, name: user.name, sysadmin: user.sysadmin }
    await transaction(async () => {
      if (!(await spendResetLink(user.id, link))) throw invalidKey()
      const changes = { id: user.id, password: password1, state: 'active' }
      await this.#services.actions.call('user_patch', changes, { actor, trusted: true })
      if (signals.performPasswordReset.isHeard) {
        await this.#send(signals.performPasswordReset, user.name, userEvent(user))
      }
    })
  }

  async #refuse(reason: LoginRefusal, login: string, remoteAddress: string): Promise<LoginOutcome> {
    if (signals.failedLogin.isHeard) await this.#send(signals.failedLogin, login, { reason, remoteAddress })
    return { ok: false, reason }
  }

  async #resetLink(userId: string, key: string | undefined): Promise<{ user: UserModel; link: string }> {
    const user = isUuid(userId) ? await em().findOne(UserModel, userId) : null
    if (user === null) throw new NotFoundError('User')
    const link = key === undefined || user.state === 'deleted' ? undefined : await findResetLink(user.id, key)
    if (link === undefined) throw invalidKey()
    return { user, link }
  }

  /** Whether `user` was told how to set a password, was told often enough, or could not be told. */
  async #sendLink(user: KnownLogin): Promise<'sent' | 'enough' | 'failed'> {
    if (await this.#notifications.aboutTopic('request_password_reset', { id: user.id, name: user.name })) {
      return 'sent'
    }
    const link = await createResetLink(user.id)
    if (link === undefined) return 'enough'
    try {
      await this.#notifications.tell(resetMail(this.#services.site, user, link.key))
      return 'sent'
    } catch (error) {
      if (!(error instanceof MailError)) throw error
      this.#services.logger.error({ err: error }, 'the mail with a reset link was not sent')
      await removeResetLink(link)
      return 'failed'
    }
  }

  async #send<S, P>(signal: SentSignal<S, P>, sender: S, payload: P): Promise<void> {
    await signal.sendRobustAsync(sender, payload, { timeoutMs: this.#services.settings.receiverTimeoutMs })
  }
}

/** The part of a signal that is needed to send it. */
interface SentSignal<S, P> {
  sendRobustAsync(sender: S, payload: P, options: { readonly timeoutMs: number }): Promise<unknown>
}

function userEvent({ id, name }: User): { readonly user: User } {
  return { user: { id, name } }
}

function invalidKey(): NotAuthorizedError {
  return new NotAuthorizedError('Invalid reset key. Please try again.')
}
