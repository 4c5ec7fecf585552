/** Logging in, new accounts, forgotten passwords and sessions, as the pages call them. */
import { randomUUID } from 'node:crypto'

import { Host, PluginContext, signals, SubscriptionMap, type Injected, type IStartable } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { em, transaction } from '@aldis/models'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from '../../../../test/support/databases.ts'
import { portalCaller, type PortalCaller } from '../../../../test/support/portal-caller.ts'
import { servePortal, type ServedPortal } from '../../../../test/support/served-portal.ts'
import { startSmtpServer, type TestSmtpServer } from '../../../../test/support/smtp-server.ts'
import {
  NotAuthorizedError,
  NotFoundError,
  PasswordReset,
  PortalApplication,
  User,
  ValidationError,
  type INotifier,
  type Notification,
} from '../index.ts'
import { Accounts } from './accounts.ts'
import { DatabaseSessionStore } from '../database-session-store.ts'
import { Session } from '../entities/session.ts'
import { sweepExpired } from '../expiry-sweep.ts'
import { OwnServices } from '../own-services.ts'
import { Settings } from '../settings.ts'
import { ListeningSite } from '../site.ts'

const SITE = 'https://data.example'
const HERE = '192.0.2.7'

/** What plugins that notify are to answer, in order. */
let notifiers: readonly ((already: boolean, what: string | Notification) => boolean)[] = []

function notifierAt(at: number): INotifier {
  return {
    notifyAboutTopic: (already, topic) => notifiers[at]?.(already, topic) ?? already,
    notifyRecipient: (already, notification) => notifiers[at]?.(already, notification) ?? already,
  }
}

describeDatabases('accounts', (database) => {
  let portal: ServedPortal
  let caller: PortalCaller
  let smtp: TestSmtpServer
  let accounts: Accounts
  let application: object
  const committed: string[] = []

  /** Has accounts of its own beside those of the pages. */
  class DeskPlugin implements IStartable {
    static readonly inject = [PluginContext, Host, PortalApplication] as const
    readonly #given: Injected<typeof DeskPlugin.inject>

    constructor(...given: Injected<typeof DeskPlugin.inject>) {
      this.#given = given
    }

    getSignalSubscriptions(): SubscriptionMap {
      return new SubscriptionMap().on(signals.performPasswordReset, (name) => void committed.push(name))
    }

    async start(): Promise<void> {
      const [context, host, app] = this.#given
      const secret = 'n8Yx2mQv7tLkR4wZpBcDfGhJsXaE5u3i'
      const settings = Settings.parse({ siteUrl: SITE, mailUrl: smtp.url, secret })
      const services = new OwnServices(host, settings, new ListeningSite(settings), context.logger)
      await services.start()
      context.resources.defer(() => services.mailer.close())
      application = app
      accounts = new Accounts(services, app)
    }
  }

  beforeAll(async () => {
    smtp = await startSmtpServer()
    caller = portalCaller()
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        caller.definition,
        { name: 'desk', plugin: DeskPlugin, requires: { portal: '*' } },
        { name: 'first_notifier', plugin: notifierAt(0) },
        { name: 'second_notifier', plugin: notifierAt(1) },
      ],
    })
    await caller.userWithToken({ name: 'ann' })
    await caller.userWithToken({ name: 'pending', state: 'pending' })
    await caller.userWithToken({ name: 'gone' })
    await caller.call('user_delete', { id: 'gone' })
  })
  afterEach(() => {
    notifiers = []
    smtp.failWith(null)
  })
  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
    await smtp[Symbol.asyncDispose]()
  })

  const userOf = (name: string): Promise<User> => em().findOneOrFail(User, { name })

  /** Ask for a link as `asked`, and take the user's id and the key out of the mail. */
  async function linkFor(asked: string): Promise<{ id: string; key: string; to: readonly string[] }> {
    expect(await accounts.requestReset(asked)).toEqual({ ok: true })
    const { text, to } = await smtp.nextMail()
    const { id = '', key = '' } =
      /https:\/\/data\.example\/user\/reset\/(?<id>[\da-f-]{36})\?key=(?<key>[\da-f]{32})\n/.exec(text)
        ?.groups ?? {}
    return { id, key, to }
  }

  test('a login is refused until name and password are right, and every refusal is told (S05)', async () => {
    await caller.call('user_create', { name: 'known', email: 'known@example.org', password: 'correct123' })
    using failed = capture(signals.failedLogin)
    const tries = [
      ['nobody', 'invalid'],
      ['known', 'invalid'],
      ['nobody', 'correct123'],
      ['known', 'correct123'],
    ] as const

    const came: boolean[] = []
    for (const [login, password] of tries) came.push((await accounts.logIn(login, password, HERE)).ok)

    expect(came).toEqual([false, false, false, true])
    expect(failed.sends).toEqual([
      { sender: 'nobody', payload: { reason: 'unknown_user', remoteAddress: HERE } },
      { sender: 'known', payload: { reason: 'wrong_password', remoteAddress: HERE } },
      { sender: 'nobody', payload: { reason: 'unknown_user', remoteAddress: HERE } },
    ])
  })

  test('the e-mail address is a login too, in whatever case; the name is as it is (A11)', async () => {
    const { id } = await userOf('ann')
    for (const login of ['ann', 'ann@example.org', 'ANN@Example.ORG']) {
      expect(await accounts.logIn(login, 'ann-password', HERE)).toEqual({
        ok: true,
        user: { id, name: 'ann', sysadmin: false },
      })
    }
    for (const login of ['Ann', '', 'nul\0l', "ann' or '1'='1", '%']) {
      expect(await accounts.logIn(login, 'ann-password', HERE)).toEqual({ ok: false, reason: 'unknown_user' })
    }
  })

  test('users who are deleted or pending do not log in (A11)', async () => {
    for (const name of ['gone', 'pending']) {
      expect(await accounts.logIn(name, `${name}-password`, HERE)).toEqual({
        ok: false,
        reason: 'inactive_user',
      })
    }
    expect(await accounts.logIn('gone@example.org', 'gone-password', HERE)).toEqual({
      ok: false,
      reason: 'unknown_user',
    })
  })

  test('who fails five times waits, there and not elsewhere, though the password is right', async () => {
    await caller.userWithToken({ name: 'hasty' })
    using failed = capture(signals.failedLogin)
    for (let at = 0; at < 5; at++) await accounts.logIn('hasty', 'wrong', '198.51.100.1')

    const refused = await accounts.logIn('hasty', 'hasty-password', '198.51.100.1')

    expect(refused).toEqual({ ok: false, reason: 'throttled' })
    expect(failed.sends.at(-1)).toEqual({
      sender: 'hasty',
      payload: { reason: 'throttled', remoteAddress: '198.51.100.1' },
    })
    expect(await accounts.logIn('hasty', 'hasty-password', '198.51.100.2')).toMatchObject({ ok: true })
  })

  test('logged_in and logged_out are sent by the application, with the user (S06)', async () => {
    using loggedIn = capture(signals.loggedIn)
    using loggedOut = capture(signals.loggedOut)
    const outcome = await accounts.logIn('ann', 'ann-password', HERE)
    if (!outcome.ok) throw new Error(outcome.reason)
    expect(loggedIn.sends).toEqual([])

    await accounts.loggedIn(outcome.user)
    await accounts.loggedOut(outcome.user)

    const { id, name } = outcome.user
    expect(loggedIn.sends).toEqual([{ sender: application, payload: { user: { id, name } } }])
    expect(loggedOut.sends).toEqual([{ sender: application, payload: { user: { id, name } } }])
    expect(loggedIn.sends[0]?.sender).toBe(application)
  })

  test('a registration makes a user as the action does', async () => {
    const nina = { name: 'nina', email: 'nina@example.org', fullname: '', password: 'nina-password' }
    using created = capture(signals.userCreated)

    const user = await accounts.register(nina)

    expect(user).toEqual({ id: (await userOf('nina')).id, name: 'nina', sysadmin: false })
    expect(created.sends).toMatchObject([{ sender: 'nina' }])
    await expect(accounts.register(nina)).rejects.toBeInstanceOf(ValidationError)
    expect(await accounts.logIn('nina', 'nina-password', HERE)).toMatchObject({ ok: true })
  })

  test('a reset link is mailed to who is asked for by name or address, and told of (A12, S04)', async () => {
    await caller.userWithToken({ name: 'forgetful' })
    const { id } = await userOf('forgetful')
    using requested = capture(signals.requestPasswordReset)

    for (const asked of ['forgetful', 'forgetful@example.org', ' FORGETFUL@EXAMPLE.ORG ']) {
      expect(await linkFor(asked)).toMatchObject({ id, to: ['forgetful@example.org'] })
    }

    expect(requested.sends).toEqual(
      Array.from({ length: 3 }, () => ({
        sender: 'forgetful',
        payload: { user: { id, name: 'forgetful' } },
      })),
    )
    const links = await em().find(PasswordReset, { user: id })
    expect(links).toHaveLength(3)
  })

  test('of unknown and deleted users nothing is said, mailed or told (A12)', async () => {
    using requested = capture(signals.requestPasswordReset)
    const mails = smtp.mails.length
    for (const asked of ['nobody', 'nobody@example.org', 'gone', 'gone@example.org', 'nul\0l']) {
      expect(await accounts.requestReset(asked)).toEqual({ ok: true })
    }
    expect(await accounts.requestReset('  ')).toEqual({ ok: false, reason: 'nobody_named' })
    expect(smtp.mails).toHaveLength(mails)
    expect(requested.sends).toEqual([])
  })

  test('a mail that cannot be sent is said, leaves no link and is not told of (A12)', async () => {
    await caller.userWithToken({ name: 'unlucky' })
    const { id } = await userOf('unlucky')
    using requested = capture(signals.requestPasswordReset)
    smtp.failWith(550)

    expect(await accounts.requestReset('unlucky')).toEqual({ ok: false, reason: 'mail_failed' })

    expect(requested.sends).toEqual([])
    expect(await em().count(PasswordReset, { user: id })).toBe(0)
  })

  test('nobody gets more than five links in a day', async () => {
    await caller.userWithToken({ name: 'pestered' })
    const mails = smtp.mails.length
    for (let at = 0; at < 5; at++) await linkFor('pestered')

    expect(await accounts.requestReset('pestered')).toEqual({ ok: true })

    expect(smtp.mails).toHaveLength(mails + 5)
  })

  test('plugins that notify are asked in order, and what the last returns decides about the mail', async () => {
    await caller.userWithToken({ name: 'paged' })
    const asked: [number, boolean, unknown][] = []
    const answering = (at: number, answer: boolean) => (already: boolean, what: string | Notification) => {
      asked.push([at, already, typeof what === 'string' ? what : what.email])
      return answer
    }
    using requested = capture(signals.requestPasswordReset)
    const mails = smtp.mails.length

    notifiers = [answering(0, false), answering(1, true)]
    await accounts.requestReset('paged')
    expect(asked).toEqual([
      [0, false, 'request_password_reset'],
      [1, false, 'request_password_reset'],
    ])
    expect(requested.sends).toHaveLength(1)
    expect(smtp.mails).toHaveLength(mails)

    asked.length = 0
    notifiers = [answering(0, true), answering(1, false)]
    await linkFor('paged')
    expect(asked).toEqual([
      [0, false, 'request_password_reset'],
      [1, true, 'request_password_reset'],
      [0, false, 'paged@example.org'],
      [1, true, 'paged@example.org'],
    ])
  })

  test('a plugin that fails to notify has no say, and the log names it', async () => {
    await caller.userWithToken({ name: 'noted' })
    notifiers = [
      () => {
        throw new Error('no signal')
      },
    ]
    expect(await linkFor('noted')).toMatchObject({ to: ['noted@example.org'] })
    const told = portal.logger.lines.filter(({ message }) => message === 'a plugin could not notify')
    // Of what happened, and of the mail.
    expect(told).toMatchObject([
      { level: 'error', fields: { notifier: 'first_notifier' } },
      { level: 'error', fields: { notifier: 'first_notifier' } },
    ])
  })

  test('a link sets the password once, ends the sessions, and is told of after the commit (A13, S04)', async () => {
    await caller.userWithToken({ name: 'rita' })
    const { id, key } = await linkFor('rita')
    const other = await linkFor('rita')
    const store = new DatabaseSessionStore()
    const later = new Date(Date.now() + 60_000)
    await store.write('a'.repeat(64), { userId: id }, later, true)
    using performed = capture(signals.performPasswordReset)

    await accounts.checkReset(id, key)
    await accounts.performReset(id, key, 'password123', 'password123')

    expect(performed.sends).toEqual([{ sender: 'rita', payload: { user: { id, name: 'rita' } } }])
    expect(committed).toContain('rita')
    expect(await store.read('a'.repeat(64))).toBeUndefined()
    expect(await accounts.logIn('rita', 'password123', HERE)).toMatchObject({ ok: true })
    expect(await accounts.logIn('rita', 'rita-password', HERE)).toMatchObject({ ok: false })
    for (const spent of [key, other.key]) {
      await expect(accounts.performReset(id, spent, 'password456', 'password456')).rejects.toBeInstanceOf(
        NotAuthorizedError,
      )
    }
  })

  test('of two who use one link at the same moment, one sets the password', async () => {
    await caller.userWithToken({ name: 'twice' })
    const { id, key } = await linkFor('twice')

    const outcomes = await Promise.allSettled(
      ['password-a', 'password-b'].map((password) => accounts.performReset(id, key, password, password)),
    )

    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(NotAuthorizedError)
    }
  })

  test('a key that is wrong, missing, too old or of another user lets nobody in; an unknown user is not found (A13)', async () => {
    await caller.userWithToken({ name: 'vera' })
    const { id, key } = await linkFor('vera')
    const { id: annId } = await userOf('ann')
    for (const [user, wrong] of [
      [id, 'f'.repeat(32)],
      [id, key.toUpperCase()],
      [id, undefined],
      [annId, key],
    ] as const) {
      await expect(accounts.checkReset(user, wrong)).rejects.toBeInstanceOf(NotAuthorizedError)
      await expect(accounts.performReset(user, wrong, 'password123', 'password123')).rejects.toBeInstanceOf(
        NotAuthorizedError,
      )
    }
    for (const unknown of [randomUUID(), 'vera', "' or true --", 'nul\0l']) {
      await expect(accounts.checkReset(unknown, key)).rejects.toBeInstanceOf(NotFoundError)
    }
    await em().nativeUpdate(PasswordReset, { user: id }, { expires: new Date() })
    await expect(accounts.checkReset(id, key)).rejects.toBeInstanceOf(NotAuthorizedError)
  })

  test.each([
    ['differ', 'password123', 'password124', 'The passwords you entered do not match'],
    ['are too short', 'short', 'short', 'Your password must be 8 characters or longer'],
    ['are missing', '', '', 'Please enter both passwords'],
  ])('passwords that %s are refused, and the link stays good', async (why, password1, password2, message) => {
    const name = `user-${why.replaceAll(' ', '-')}`
    await caller.userWithToken({ name })
    const { id, key } = await linkFor(name)
    using performed = capture(signals.performPasswordReset)

    await expect(accounts.performReset(id, key, password1, password2)).rejects.toMatchObject({
      problems: { password: [message] },
    })

    expect(performed.sends).toEqual([])
    await accounts.performReset(id, key, 'password123', 'password123')
  })

  test('a pending user becomes active by a link; a deleted one stays deleted (A13)', async () => {
    const pending = await linkFor('pending')
    await accounts.performReset(pending.id, pending.key, 'password123', 'password123')
    expect(await userOf('pending')).toMatchObject({ state: 'active' })

    await caller.userWithToken({ name: 'leaving' })
    const { id, key } = await linkFor('leaving')
    await em().nativeUpdate(User, { id }, { state: 'deleted' })
    await expect(accounts.performReset(id, key, 'password123', 'password123')).rejects.toBeInstanceOf(
      NotAuthorizedError,
    )
    expect(await userOf('leaving')).toMatchObject({ state: 'deleted' })
  })

  test('perform_password_reset is not heard when the transaction around it is undone', async () => {
    await caller.userWithToken({ name: 'undone' })
    const { id, key } = await linkFor('undone')
    await expect(
      transaction(async () => {
        await accounts.performReset(id, key, 'password123', 'password123')
        throw new Error('after all not')
      }),
    ).rejects.toThrow('after all not')

    expect(committed).not.toContain('undone')
    expect(await accounts.logIn('undone', 'undone-password', HERE)).toMatchObject({ ok: true })
    await accounts.checkReset(id, key)
  })

  test('a new password, or the end of the account, ends all sessions of the user and no others', async () => {
    await caller.userWithToken({ name: 'many' })
    const { id } = await userOf('many')
    const store = new DatabaseSessionStore()
    const later = new Date(Date.now() + 60_000)
    const open = async (): Promise<void> => {
      await store.write('mine', { userId: id }, later, true)
      await store.write('other', { _csrf: 'x' }, later, true)
    }
    for (const change of [{ password: 'password123' }, { state: 'deleted' }]) {
      await open()
      await caller.call('user_patch', { id, about: 'same' })
      expect(await store.read('mine')).toEqual({ userId: id })
      await caller.call('user_patch', { id, ...change })
      expect(await store.read('mine')).toBeUndefined()
      expect(await store.read('other')).toEqual({ _csrf: 'x' })
      await caller.call('user_patch', { id, state: 'active' })
    }
  })

  test('a session that was ended meanwhile is not written again, and an expired one is not read', async () => {
    const store = new DatabaseSessionStore()
    const later = new Date(Date.now() + 60_000)
    await store.write('s1', { flash: ['hello'] }, later, true)
    expect(await store.read('s1')).toEqual({ flash: ['hello'] })
    await store.write('s1', {}, later, false)
    expect(await store.read('s1')).toEqual({})

    await store.remove('s1')
    await store.write('s1', { flash: ['late'] }, later, false)
    expect(await store.read('s1')).toBeUndefined()

    await store.write('s2', {}, new Date(Date.now() - 1), true)
    expect(await store.read('s2')).toBeUndefined()
  })

  test('what has expired is swept, and nothing else', async () => {
    await caller.userWithToken({ name: 'swept' })
    const { id } = await linkFor('swept')
    const store = new DatabaseSessionStore()
    await store.write('fresh', {}, new Date(Date.now() + 60_000), true)
    await store.write('stale', {}, new Date(Date.now() - 1), true)

    await sweepExpired()
    expect(await em().count(Session, { id: ['fresh', 'stale'] })).toBe(1)
    expect(await em().count(PasswordReset, { user: id })).toBe(1)

    await sweepExpired(new Date(Date.now() + 25 * 60 * 60 * 1000))
    expect(await em().count(PasswordReset, { user: id })).toBe(0)
  })
})
