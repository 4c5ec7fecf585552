/** Users over the action API: shapes, messages, rights, and the signal that tells of them. */
import { signals, type ISignal, SubscriptionMap } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { transaction } from '@aldis/models'
import {
  chained,
  Invalid,
  NotFoundError,
  User,
  type Action,
  type IActions,
  type IValidators,
  type Validator,
} from '@aldis/portal'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, fieldOf, portalCaller, type ApiAnswer, type PortalCaller } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** Refuses a user after it was stored. */
class RefusingPlugin implements IActions {
  getActions() {
    return {
      user_create: chained<Action>((original) => ({
        ...original,
        run: async (context, parameters) => {
          const result = await original.run(context, parameters)
          if (parameters['fullname'] === 'Refused') throw new Error('second thoughts')
          return result
        },
      })),
    }
  }
}

/** Has an opinion of its own on e-mail addresses. */
class StrictPlugin implements IValidators {
  getValidators() {
    return {
      email_validator: chained<Validator>((original) => (value, context) => {
        if (String(value).endsWith('.test')) throw new Invalid('No addresses of tests')
        return original(value, context)
      }),
    }
  }
}

const heard: string[] = []

/** Listens as plugins do: after the commit. */
class ListeningPlugin implements ISignal {
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(signals.userCreated, (name) => void heard.push(name))
  }
}

/** Equal to every text that `pattern` matches. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)

describeDatabases('users', (database) => {
  let portal: ServedPortal
  let caller: PortalCaller
  let root: string
  let ann: string

  beforeAll(async () => {
    caller = portalCaller()
    portal = await servePortal({
      database: await database.settings(),
      plugins: [
        caller.definition,
        { name: 'refusing', plugin: RefusingPlugin },
        { name: 'listening', plugin: ListeningPlugin },
        { name: 'strict', plugin: StrictPlugin },
      ],
    })
    root = await caller.userWithToken({ name: 'root', sysadmin: true })
    ann = await caller.userWithToken({ name: 'ann' })
  })
  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
  })

  const api = (action: string, parameters?: object, token?: string): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)
  const account = (name: string, more: object = {}): object => ({
    name,
    email: `${name}@example.org`,
    password: 'correct123',
    ...more,
  })

  test('a user without anything misses a name, an e-mail address and a password (A09)', async () => {
    expect(await api('user_create')).toMatchObject({
      status: 409,
      success: false,
      error: {
        __type: 'Validation Error',
        name: ['Missing value'],
        email: ['Missing value'],
        password: ['Missing value'],
      },
    })
  })

  test('a user is made and shown without a password, in any form', async () => {
    const { status, result } = await api('user_create', account('bob', { fullname: 'Bob Brown' }))

    expect(status).toBe(200)
    expect(result).toEqual({
      id: matching(/^[\da-f-]{36}$/),
      name: 'bob',
      fullname: 'Bob Brown',
      display_name: 'Bob Brown',
      email: 'bob@example.org',
      about: null,
      created: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      last_active: null,
      sysadmin: false,
      state: 'active',
      number_created_packages: 0,
    })
    expect(JSON.stringify(await api('user_show', { id: 'bob' }, root))).not.toMatch(
      /password|hash|reset|argon/,
    )
  })

  test.each([
    ['password', { password: 'short12' }, 'Your password must be 8 characters or longer'],
    ['password', { password: 12345678 }, 'Passwords must be strings'],
    ['password', { password: 'x'.repeat(1025) }, 'Your password must be 1024 characters or shorter'],
    ['name', { name: 'x' }, 'Must be at least 2 characters long'],
    ['name', { name: 'x'.repeat(101) }, 'Name must be a maximum of 100 characters long'],
    [
      'name',
      { name: 'Bad Name' },
      'Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_',
    ],
    ['name', { name: 'edit' }, 'That name cannot be used'],
    ['name', { name: 'a0000000-0000-4000-8000-00000000ffff' }, 'That name cannot be used'],
    ['name', { name: 'ann' }, 'That login name is not available.'],
    ['name', { name: { $ne: null } }, 'Must be a string'],
    ['email', { email: 'nobody' }, 'Email nobody is not a valid format'],
    [
      'email',
      { email: 'ANN@Example.org' },
      "The email address 'ANN@Example.org' belongs to a registered user.",
    ],
    ['email', { email: 'a@b.test' }, 'No addresses of tests'],
    ['fullname', { fullname: 'nul\0l' }, 'Must not contain a null character'],
  ])('a user with a wrong %s is refused', async (field, wrong, message) => {
    expect(await api('user_create', account('carl', wrong))).toMatchObject({
      status: 409,
      error: { __type: 'Validation Error', [field]: [message] },
    })
  })

  test('of users who take one e-mail address at the same moment, one is made and the others are refused', async () => {
    const email = (at: number): string => (at % 2 === 0 ? 'Race@example.org' : 'race@EXAMPLE.org')
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => api('user_create', account(`race${at}`, { email: email(at) }))),
    )

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200, 409, 409, 409, 409, 409,
    ])
    for (const { status, error } of answers) {
      if (status === 409)
        expect(error).toMatchObject({ email: [expect.stringContaining('belongs to a registered')] })
    }
  })

  test('of users who take one name at the same moment, one is made and the others are refused', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, (_, at) =>
        api('user_create', account('twin', { email: `twin${at}@example.org` })),
      ),
    )

    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409, 409])
  })

  test('with_apitoken brings a token that is listed, and without it there is none (A09)', async () => {
    const { result } = await api('user_create', account('tina', { with_apitoken: true }))
    const token = String(fieldOf(result, 'token'))
    await api('user_create', account('nora'))

    expect(await api('user_show', {}, token)).toMatchObject({ result: { name: 'tina' } })
    expect(await api('api_token_list', { user_id: 'tina' }, root)).toMatchObject({
      result: [{ name: 'default' }],
    })
    expect(await api('api_token_list', { user_id: 'nora' }, root)).toMatchObject({ result: [] })
  })

  test('only sysadmins set what a user may do, and its id', async () => {
    const id = 'a0000000-0000-4000-8000-000000000001'
    const eva = await api('user_create', account('eva', { id, sysadmin: true, state: 'pending' }))
    expect(eva).toMatchObject({ result: { sysadmin: false, state: 'active' } })
    expect(eva.result).not.toMatchObject({ id })

    const adam = account('adam', { id, sysadmin: 'true', created: '2020-01-02T03:04:05Z' })
    expect(await api('user_create', adam, root)).toMatchObject({
      result: { id, sysadmin: true, created: '2020-01-02T03:04:05.000000' },
    })
    expect(await api('user_create', account('adam2', { id }), root)).toMatchObject({
      status: 409,
      error: { id: ['There is a user with this id'] },
    })
  })

  test('an e-mail address is shown to the user and to sysadmins alone', async () => {
    expect((await api('user_show', { id: 'ann' }, ann)).result).toMatchObject({ email: 'ann@example.org' })
    expect((await api('user_show', { id: 'ann' }, root)).result).toMatchObject({ email: 'ann@example.org' })
    expect((await api('user_show', { id: 'ann' })).result).not.toHaveProperty('email')
    expect((await api('user_show', { id: 'root' }, ann)).result).not.toHaveProperty('email')
    expect(JSON.stringify(await api('user_list'))).not.toContain('@')
  })

  test('users are listed by name, and found by a part of it, taken as it stands', async () => {
    await api('user_create', account('percy', { fullname: '100% Percy' }))

    expect(await api('user_list', { q: '0%', all_fields: false })).toMatchObject({ result: ['percy'] })
    expect(await api('user_list', { q: 'PERC' })).toMatchObject({ result: [{ name: 'percy' }] })
    expect(await api('user_list', { email: 'ANN@example.org', all_fields: false }, root)).toMatchObject({
      result: ['ann'],
    })
  })

  test('users change themselves, and nobody else but sysadmins', async () => {
    await api('user_create', account('paul'))
    expect(await api('user_patch', { id: 'paul', about: 'I' }, ann)).toMatchObject({ status: 403 })
    expect(await api('user_patch', { id: 'paul', about: 'I' })).toMatchObject({ status: 403 })
    expect(await api('user_patch', { id: 'paul', about: 'Tall' }, root)).toMatchObject({
      result: { about: 'Tall' },
    })
    const mine = { id: 'ann', email: 'ANN@example.org', fullname: 'Ann', sysadmin: true, state: 'deleted' }
    expect(await api('user_update', mine, ann)).toMatchObject({
      result: { email: 'ANN@example.org', fullname: 'Ann', sysadmin: false, state: 'active' },
    })
    expect(await api('user_update', { id: 'ann' }, ann)).toMatchObject({
      error: { email: ['Missing value'] },
    })
    expect(await api('user_patch', { id: 'ann', email: 'paul@example.org' }, ann)).toMatchObject({
      status: 409,
    })
    expect(await api('user_patch', { id: 'ann', name: 'anna' }, ann)).toMatchObject({
      error: { name: ['That login name can not be modified.'] },
    })
    expect(await api('user_patch', {}, ann)).toMatchObject({ status: 409, error: { id: ['Missing value'] } })
  })

  test('who is called by the id of somebody else is not taken for that one', async () => {
    const id = fieldOf((await api('user_show', { id: 'root' })).result, 'id')
    const thief = await transaction(async (em) => {
      const user = em.create(User, { name: String(id), email: 'thief@example.org' })
      await em.flush()
      return user.id
    })
    const made = await caller.call('api_token_create', { user: thief, name: 'own' })
    const token = String(fieldOf(made, 'token'))
    expect(await api('api_token_create', { user: id, name: 'stolen' }, token)).toMatchObject({ status: 403 })
    expect(await api('user_patch', { id, password: 'stolen password' }, token)).toMatchObject({ status: 403 })
    expect(await api('user_patch', { id: thief, about: 'I' }, token)).toMatchObject({ status: 200 })
  })

  test('a deleted user can do nothing, is not seen, and keeps the name but not the e-mail address', async () => {
    const token = await caller.userWithToken({ name: 'gone' })
    expect(await api('user_delete', { id: 'gone' }, ann)).toMatchObject({ status: 403 })
    expect(await api('user_delete', { id: 'gone' }, root)).toMatchObject({ status: 200, result: null })

    expect(await api('user_patch', { id: 'gone', about: 'back' }, token)).toMatchObject({ status: 403 })
    expect(await api('api_token_create', { user: 'gone', name: 'x' }, token)).toMatchObject({ status: 403 })
    expect(await api('user_show', { id: 'gone' })).toMatchObject({ status: 404 })
    expect(await api('user_show', { id: 'gone' }, root)).toMatchObject({ result: { state: 'deleted' } })
    expect(await api('user_create', account('gone', { email: 'x@example.org' }))).toMatchObject({
      status: 409,
    })
    expect(await api('user_create', account('gone2', { email: 'gone@example.org' }))).toMatchObject({
      status: 200,
    })
    expect(await api('user_patch', { id: 'gone', state: 'active' }, root)).toMatchObject({
      status: 409,
      error: { email: ["The email address 'gone@example.org' belongs to a registered user."] },
    })
  })

  test('an id that is no id finds nobody', async () => {
    for (const id of ['nobody', 'nul\0l', "'; drop table users --", 'a0000000-0000-4000-8000-00000000ffff']) {
      expect(await api('user_show', { id })).toMatchObject({ status: 404 })
    }
    expect(await api('user_show', { id: ['ann'] })).toMatchObject({ status: 409 })
  })

  test('user_created is sent once, by the name of the user, and tells no secret (S03)', async () => {
    using created = capture(signals.userCreated)
    const { result } = await api('user_create', account('stella', { with_apitoken: true }))

    expect(created.sends).toMatchObject([
      { sender: 'stella', payload: { user: { id: fieldOf(result, 'id'), name: 'stella' } } },
    ])
  })

  test('user_created is heard after the commit, and never of a user who is undone', async () => {
    heard.length = 0
    expect(await api('user_create', account('undone', { fullname: 'Refused' }))).toMatchObject({
      status: 500,
    })
    expect(await api('user_create', account('short', { password: 'x' }))).toMatchObject({ status: 409 })
    await expect(
      transaction(async () => {
        await caller.call('user_create', { ...account('nested') })
        expect(heard).toEqual([])
        throw new Error('undone')
      }),
    ).rejects.toThrow('undone')

    expect(heard).toEqual([])
    await expect(caller.call('user_show', { id: 'nested' })).rejects.toBeInstanceOf(NotFoundError)
    await transaction(() => caller.call('user_create', { ...account('kept') }))
    expect(heard).toEqual(['kept'])
  })
})
