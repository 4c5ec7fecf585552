/** Logging in and out, registering and resetting passwords, as a browser without JavaScript does it. */
import { signals } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { Portal, PortalApplication } from '@aldis/portal'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { PageVisitor } from './support/page-visitor.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'
import { startSmtpServer, type TestSmtpServer } from './support/smtp-server.ts'

const PASSWORD = 'correct123'
const REFUSED = 'Login failed. Bad username or password.'

const User = z.object({ id: z.string(), name: z.string() })

let smtp: TestSmtpServer
let portal: ServedPortal
let visitor: PageVisitor

beforeAll(async () => {
  smtp = await startSmtpServer()
  portal = await servePortal({ settings: { mailUrl: smtp.url } })
  await call('user_create', {
    name: 'ann',
    email: 'ann@example.org',
    fullname: 'Ann Lee',
    password: PASSWORD,
  })
})

afterAll(async () => {
  await portal[Symbol.asyncDispose]()
  await smtp[Symbol.asyncDispose]()
})

beforeEach(() => {
  visitor = new PageVisitor(portal.url)
})

function call(action: string, parameters: Record<string, unknown>): Promise<unknown> {
  return portal.host.resolve(Portal).call(action, parameters, { trusted: true })
}

async function makeUser(name: string, state = 'active'): Promise<string> {
  const parameters = { name, email: `${name}@example.org`, password: PASSWORD, state }
  return User.parse(await call('user_create', parameters)).id
}

function logIn(login: string, password: string, fields: Record<string, string> = {}) {
  return visitor.submit('/user/login', { login, password, ...fields })
}

describe('a page that is asked for', () => {
  test.each(['/', '/about'])('%s sends request_started and request_finished once (S02)', async (path) => {
    using started = capture(signals.requestStarted)
    using finished = capture(signals.requestFinished)
    expect((await visitor.get(path)).status).toBe(200)

    expect(started.sends).toHaveLength(1)
    expect(finished.sends).toHaveLength(1)
  })
})

describe('logging in', () => {
  test('lets in who knows name or e-mail and password, in a new session, and tells once who it was (S05, S06)', async () => {
    using loggedIn = capture(signals.loggedIn)
    using failed = capture(signals.failedLogin)
    const matrix = [
      ['nobody', 'invalid', 0, 1],
      ['ann', 'invalid', 0, 2],
      ['nobody', PASSWORD, 0, 3],
      ['ann', PASSWORD, 1, 3],
    ] as const
    for (const [login, password, successes, failures] of matrix) {
      const answer = await logIn(login, password)
      expect(answer.status).toBe(successes === 1 ? 302 : 200)
      expect(answer.text.includes(REFUSED)).toBe(successes === 0)
      expect(loggedIn.sends).toHaveLength(successes)
      expect(failed.sends).toHaveLength(failures)
    }

    const { id } = User.parse(await call('user_show', { id: 'ann' }))
    expect(loggedIn.sends).toMatchObject([
      { sender: portal.host.resolve(PortalApplication), payload: { user: { id, name: 'ann' } } },
    ])
    expect(loggedIn.sends[0]?.sender).toBe(portal.host.resolve(PortalApplication))
    expect(failed.sends.map(({ sender }) => sender)).toEqual(['nobody', 'ann', 'nobody'])
  })

  test('leads to the own page, which has the full name, or to where the visitor wanted to go (A11)', async () => {
    const answer = await logIn('ANN@example.org', PASSWORD)
    expect(answer.headers.get('location')).toBe('/user/me')
    expect((await visitor.get('/user/me')).headers.get('location')).toBe('/user/ann')
    expect((await visitor.get('/dashboard')).text).toContain('Ann Lee')

    visitor = new PageVisitor(portal.url)
    expect((await visitor.get('/dataset/new?x=1')).headers.get('location')).toBe(
      '/user/login?next=%2Fdataset%2Fnew%3Fx%3D1',
    )
    expect((await logIn('ann', PASSWORD, { next: '/dataset/new?x=1' })).headers.get('location')).toBe(
      '/dataset/new?x=1',
    )
  })

  test.each(['https://evil.example/', '//evil.example', String.raw`/\evil.example`, 'javascript:alert(1)'])(
    'does not lead out of the site, to %s',
    async (next) => {
      expect((await logIn('ann', PASSWORD, { next })).headers.get('location')).toBe('/user/me')
    },
  )

  test.each(['pending', 'deleted'])('refuses a %s user in the same words (A11)', async (state) => {
    await makeUser(`is-${state}`, state)
    using loggedIn = capture(signals.loggedIn)

    expect((await logIn(`is-${state}`, PASSWORD)).text).toContain(REFUSED)
    expect(loggedIn.sends).toEqual([])
  })

  test('shows the login as it was typed, escaped, and never the password', async () => {
    const { text } = await logIn('"><b>bold', 'secret-word')

    expect(text).toContain('value="&quot;&gt;&lt;b&gt;bold"')
    expect(text).not.toContain('secret-word')
  })

  test('says to who is logged in already that this is so, and logs nobody in anew', async () => {
    await logIn('ann', PASSWORD)
    using loggedIn = capture(signals.loggedIn)

    expect((await visitor.get('/user/login')).text).toContain('You are already logged in as')
    const answer = await visitor.submit('/user/login', { login: 'ann', password: PASSWORD }, '/about')
    expect(answer.text).toContain('You are already logged in as')
    expect(loggedIn.sends).toEqual([])
  })

  test('takes no form without its token, nor one that another site sends', async () => {
    const answer = await visitor.post('/user/login', { login: 'ann', password: PASSWORD })
    expect(answer.status).toBe(403)

    expect((await visitor.get('/user/me')).headers.get('location')).toBe('/user/login?next=%2Fuser%2Fme')
  })

  test('gives forms and personal pages that nobody may keep', async () => {
    expect((await visitor.get('/user/login')).headers.get('cache-control')).toBe('no-store')
    await logIn('ann', PASSWORD)
    expect((await visitor.get('/about')).headers.get('cache-control')).toBe('no-store')
    expect((await new PageVisitor(portal.url).get('/about')).headers.get('cache-control')).toBe('no-cache')
  })
})

describe('logging out', () => {
  test('sends nothing for nobody, and once for who comes with a token (S07)', async () => {
    using loggedOut = capture(signals.loggedOut)
    expect((await visitor.get('/user/_logout')).headers.get('location')).toBe('/user/login')
    expect(loggedOut.sends).toEqual([])

    const made = await call('api_token_create', { user: 'ann', name: 'test' })
    const { token } = z.object({ token: z.string() }).parse(made)
    const answer = await visitor.get('/user/_logout', { authorization: token })
    expect(answer.headers.get('location')).toBe('/user/logged_out_redirect')
    expect(loggedOut.sends).toMatchObject([
      { sender: portal.host.resolve(PortalApplication), payload: { user: { name: 'ann' } } },
    ])
  })

  test('asks a browser first, and ends the session when its form is sent', async () => {
    await logIn('ann', PASSWORD)
    const before = visitor.cookie
    using loggedOut = capture(signals.loggedOut)

    expect((await visitor.get('/user/_logout')).text).toContain('Do you want to log out?')
    expect(loggedOut.sends).toEqual([])
    const answer = await visitor.submit('/user/_logout', {})
    expect(answer.headers.get('location')).toBe('/user/logged_out_redirect')
    expect(loggedOut.sends).toHaveLength(1)
    const old = await fetch(`${portal.url}/dashboard`, { headers: { cookie: before }, redirect: 'manual' })
    expect(old.status).toBe(302)
  })
})

describe('registering', () => {
  test('makes the account, logs in and tells both', async () => {
    using created = capture(signals.userCreated)
    using loggedIn = capture(signals.loggedIn)
    const answer = await visitor.register('bob')

    expect(answer.headers.get('location')).toBe('/user/me')
    expect(created.sends.map(({ sender }) => sender)).toEqual(['bob'])
    expect(loggedIn.sends.map(({ payload }) => payload.user.name)).toEqual(['bob'])
    expect((await visitor.get('/dashboard')).text).toContain('Your account has been made')
  })

  test('says of each field what is wrong with it, keeps what was entered, and makes nothing', async () => {
    using created = capture(signals.userCreated)
    const fields = { name: 'Not A Name', email: 'none', password1: 'short', password2: 'short' }
    const { text } = await visitor.submit('/user/register', fields)

    expect(text).toContain('<title>Error: Register')
    expect(text).toMatch(/<a href="#field-password1">Password: Your password must be 8 characters or longer/)
    expect(text).toMatch(
      /id="field-name"[^>]*aria-describedby="hint-name wrong-name"[^>]*aria-invalid="true"/,
    )
    expect(text).toContain('value="Not A Name"')
    expect(text).not.toContain('short')
    expect(created.sends).toEqual([])
  })

  test('wants the password twice', async () => {
    const fields = { name: 'cid', email: 'cid@example.org', password1: PASSWORD, password2: 'another123' }
    const { text } = await visitor.submit('/user/register', fields)

    expect(text).toContain('The passwords you entered do not match')
  })
})

describe('resetting a password', () => {
  const SENT = 'A reset link has been emailed to you'

  /** The answer to asking for a link, and what the next page says. */
  async function ask(user: string): Promise<{ location: string | null; told: string }> {
    const answer = await visitor.submit('/user/reset', { user })
    const location = answer.headers.get('location')
    const { text } = location === null ? answer : await visitor.get(location)
    return { location, told: text.replaceAll(/name="_csrf" value="[^"]+"/g, '') }
  }

  test.each(['name', 'e-mail', 'upper-cased e-mail'])(
    'mails a link to who is known by %s (A12, S04)',
    async (how) => {
      const name = `dee-${how.length}`
      await makeUser(name)
      const user = { name, 'e-mail': `${name}@example.org` }[how] ?? `${name}@EXAMPLE.ORG`
      using asked = capture(signals.requestPasswordReset)
      const { told } = await ask(user)

      expect(told).toContain(SENT)
      expect(asked.sends.map(({ sender }) => sender)).toEqual([name])
      const mail = await smtp.nextMail()
      expect(mail.to).toEqual([`${name}@example.org`])
      expect(mail.text).toMatch(/\/user\/reset\/[\da-f-]{36}\?key=[\da-f]{32}/)
    },
  )

  test('says the same to who is unknown, and mails nothing (A12)', async () => {
    const before = smtp.mails.length
    using asked = capture(signals.requestPasswordReset)
    const [known, unknown, address] = [await ask('ann'), await ask('nobody'), await ask('x@example.org')]

    expect(unknown).toEqual(known)
    expect(address).toEqual(known)
    expect(asked.sends).toHaveLength(1)
    await smtp.nextMail()
    expect(smtp.mails).toHaveLength(before + 1)
  })

  test('wants a name or an address, and says when the mail cannot be sent (A12)', async () => {
    expect((await ask('')).told).toContain('Email is required')
    await makeUser('eve')
    smtp.failWith(550)
    using asked = capture(signals.requestPasswordReset)
    expect((await ask('eve')).told).toContain('Error sending the email')
    expect(asked.sends).toEqual([])
    smtp.failWith(null)
  })

  test('sets the password by the mailed link, once, tells it, and lets the user log in with it (S04, A13)', async () => {
    const id = await makeUser('fay')
    await ask('fay')
    const link = /\/user\/reset\/\S+/.exec((await smtp.nextMail()).text)?.[0] ?? ''
    expect(link.startsWith(`/user/reset/${id}?key=`)).toBe(true)

    const wrong = await visitor.submit(link, { password1: 'password123', password2: 'another123' })
    expect(wrong.text).toContain('The passwords you entered do not match')
    using performed = capture(signals.performPasswordReset)
    const answer = await visitor.submit(link, { password1: 'password123', password2: 'password123' })
    expect(answer.headers.get('location')).toBe('/user/login')
    expect(performed.sends.map(({ sender }) => sender)).toEqual(['fay'])
    expect((await visitor.get(link)).status).toBe(403)
    expect((await logIn('fay', PASSWORD)).text).toContain(REFUSED)
    expect((await logIn('fay', 'password123')).status).toBe(302)
  })

  test('refuses a wrong key, no key, and a user that is not there (A13)', async () => {
    const id = await makeUser('gus')
    expect((await visitor.get(`/user/reset/${id}?key=${'0'.repeat(32)}`)).status).toBe(403)
    expect((await visitor.get(`/user/reset/${id}`)).status).toBe(403)
    expect((await visitor.get(`/user/reset/${crypto.randomUUID()}?key=x`)).status).toBe(404)
    expect((await visitor.get('/user/reset/nobody?key=x')).status).toBe(404)
  })
})

describe('changing the password', () => {
  const fields = { email: 'hal@example.org', password1: 'another123', password2: 'another123' }

  test('takes the old one, ends the session, and says so where the user logs in again', async () => {
    await makeUser('hal')
    await logIn('hal', PASSWORD)
    const wrong = await visitor.submit('/user/edit/hal', { ...fields, old_password: 'guessed123' })
    expect(wrong.text).toContain('This is not your password')
    expect((await visitor.get('/dashboard')).status).toBe(200)

    const answer = await visitor.submit('/user/edit/hal', { ...fields, old_password: PASSWORD })
    expect(answer.headers.get('location')).toBe('/user/login')
    expect((await visitor.get('/user/login')).text).toContain(
      'Your password has been changed. Log in with it.',
    )
    expect((await visitor.get('/dashboard')).status).toBe(302)
    expect((await logIn('hal', 'another123')).status).toBe(302)
  })

  test('of somebody else leaves the session of the sysadmin who does it', async () => {
    await call('user_patch', { id: await makeUser('ivy'), sysadmin: true })
    await logIn('ivy', PASSWORD)
    const answer = await visitor.submit('/user/edit/hal', { ...fields, old_password: PASSWORD })
    expect(answer.headers.get('location')).toBe('/user/hal')
    expect((await visitor.get('/user/hal')).text).toContain('The password has been changed.')
    expect((await visitor.get('/dashboard')).status).toBe(200)
  })
})
