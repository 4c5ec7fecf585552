/** The portal's commands: users, tokens and data to try it with. */
import { signals, type CommandArguments, type CommandContext } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import { em } from '@aldis/models'
import { Dataset, Organization, tokenCreated, User } from '@aldis/portal'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { callApi, fieldOf } from './support/portal-caller.ts'
import { runCommand, type CommandOutput } from './support/run-command.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

/** A text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

describeDatabases('the commands of the portal', (database) => {
  let portal: ServedPortal

  beforeAll(async () => {
    portal = await servePortal({ database: await database.settings() })
  })
  afterAll(async () => {
    await portal[Symbol.asyncDispose]()
  })

  /** Run the command `name` as the CLI does, and return what it wrote. */
  const run = (
    name: string,
    words: CommandArguments['arguments'] = {},
    options: CommandArguments['options'] = {},
    terminal: Partial<CommandContext> = {},
  ): Promise<CommandOutput> => runCommand(portal.host, name, { arguments: words, options, terminal })
  const account = { email: 'ann@example.org', password: 'ann-password' }

  test('user create makes a user, tells the name and sends what the API sends', async () => {
    using created = capture(signals.userCreated)
    const { out, err } = await run('user create', { name: 'ann' }, account)

    expect(out).toBe('')
    expect(err).toBe('Made the user ann.\n')
    expect(created.sends).toMatchObject([{ sender: 'ann' }])
  })

  test('user create --sysadmin --json prints the sysadmin without the password', async () => {
    const options = { email: 'root@example.org', password: 'root-password', sysadmin: true, json: true }
    const { out } = await run('user create', { name: 'root' }, options)

    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      user: { name: 'root', email: 'root@example.org', sysadmin: true, state: 'active' },
    })
    expect(out).not.toContain('root-password')
  })

  test('user create says what is wrong', async () => {
    await expect(run('user create', { name: 'ann' }, account)).rejects.toMatchObject({
      code: 'PORTAL_VALIDATION',
      exitCode: 2,
      message: containing('\nname: That login name is not available.'),
    })
  })

  test('user create asks for the password twice, unseen, where somebody can answer', async () => {
    const asked: unknown[] = []
    const typing =
      (...answers: string[]): NonNullable<CommandContext['ask']> =>
      (question, options) => {
        asked.push([question, options])
        return Promise.resolve(answers.shift() ?? '')
      }
    const bob = { email: 'bob@example.org' }

    await expect(run('user create', { name: 'bob' }, bob)).rejects.toMatchObject({ code: 'PASSWORD_MISSING' })
    await expect(
      run('user create', { name: 'bob' }, bob, { ask: typing('bob-password', 'bob-passwort') }),
    ).rejects.toMatchObject({ code: 'PASSWORDS_DIFFER' })
    asked.length = 0
    const { err } = await run('user create', { name: 'bob' }, bob, {
      ask: typing('bob-password', 'bob-password'),
    })

    expect(err).toBe('Made the user bob.\n')
    expect(asked).toEqual([
      ['Password: ', { secret: true }],
      ['The same again: ', { secret: true }],
    ])
  })

  test('user list is a table for people, without what a terminal would obey, and a document for programs', async () => {
    const eve = { email: 'eve@example.org', password: 'eve-password', fullname: '\u001B[2J' }
    await run('user create', { name: 'eve' }, eve)
    const { out, err } = await run('user list')
    const { out: json } = await run('user list', {}, { json: true })

    const lines = out.split('\n')
    expect(lines[0]).toBe('NAME  E-MAIL            ROLE      STATE   CREATED')
    expect(lines[1]).toMatch(/^ann {3}ann@example\.org {3}user {6}active {2}\d{4}-\d\d-\d\d$/)
    expect(lines[4]).toMatch(/^root {2}root@example\.org {2}sysadmin {2}active/)
    expect(out + json).not.toContain('\u001B')
    expect(err).toBe('\n4 users.\n')
    expect(JSON.parse(json)).toMatchObject({
      version: 1,
      users: [{ name: 'ann' }, {}, {}, { sysadmin: true }],
    })
  })

  test('user token prints a token that works, alone or with its id', async () => {
    using created = capture(tokenCreated)
    const { out: alone } = await run('user token', { user: 'ann' }, { name: 'cli' })
    const { out: json } = await run('user token', { user: 'ann' }, { name: 'ci', json: true })
    const document: unknown = JSON.parse(json)

    expect(alone).toMatch(/^\S+\n$/)
    expect(document).toEqual({ token: fieldOf(document, 'token'), id: fieldOf(document, 'id') })
    for (const token of [alone.trim(), String(fieldOf(document, 'token'))]) {
      expect(await callApi(portal.url, 'user_show', {}, token)).toMatchObject({ result: { name: 'ann' } })
    }
    expect(created.sends.map(({ payload }) => payload.token.name)).toEqual(['cli', 'ci'])
    await expect(run('user token', { user: 'nobody' }, { name: 'cli' })).rejects.toMatchObject({
      code: 'PORTAL_NOT_FOUND',
      exitCode: 3,
      message: 'There is no user "nobody". aldis user list shows who there is.',
    })
  })

  test('user password gives a new password, typed or as an option, to users that there are', async () => {
    const hashOf = async () =>
      (await em().findOneOrFail(User, { name: 'ann' }, { populate: ['passwordHash'] })).passwordHash
    const before = await hashOf()
    const answers = ['ann-password-2', 'ann-password-2']
    const ask = async () => answers.shift() ?? ''
    const { out, err } = await run('user password', { name: 'ann' }, {}, { ask })
    expect([out, err]).toEqual(['', 'ann has a new password.\n'])
    const typed = await hashOf()
    await run('user password', { name: 'ann' }, { password: 'ann-password-3' })
    expect(new Set([before, typed, await hashOf()]).size).toBe(3)

    await expect(run('user password', { name: 'ann' })).rejects.toMatchObject({ code: 'PASSWORD_MISSING' })
    await expect(run('user password', { name: 'ann' }, { password: 'short' })).rejects.toMatchObject({
      exitCode: 2,
      message: containing('\npassword: Your password must be 8 characters or longer'),
    })
    await expect(run('user password', { name: 'nobody' }, {}, { ask })).rejects.toMatchObject({ exitCode: 3 })
  })

  test('user sysadmin gives the right to do everything, and takes it', async () => {
    const { err } = await run('user sysadmin', { name: 'ann' })
    expect(err).toBe('ann is a sysadmin now.\n')
    expect(await callApi(portal.url, 'user_show', { id: 'ann' })).toMatchObject({
      result: { sysadmin: true },
    })

    await run('user sysadmin', { name: 'ann' }, { remove: true })
    expect(await callApi(portal.url, 'user_show', { id: 'ann' })).toMatchObject({
      result: { sysadmin: false },
    })
  })

  test('generate fake-data makes what was asked for, and with the same seed nothing twice', async () => {
    const { err } = await run('generate fake-data', {}, { datasets: 6, seed: 7 })
    expect(err).toBe('Made 6 datasets.\n')
    expect(await em().count(Dataset)).toBe(6)
    expect(await em().count(Organization)).toBeGreaterThan(0)
    expect(await callApi(portal.url, 'package_search', {})).toMatchObject({ result: { count: 6 } })

    const again = await run('generate fake-data', {}, { datasets: 8, seed: 7 })
    expect(again.err).toBe('Made 2 datasets. 6 were there already.\n')
    expect((await run('generate fake-data', {}, { datasets: 2 })).err).toBe('Made 2 datasets.\n')
    expect((await run('generate fake-data', {}, { datasets: -3 })).err).toBe('Made 0 datasets.\n')
  })

  test('a person sees how far it is, in the width of the terminal, and can end it', async () => {
    const { err } = await run('generate fake-data', {}, { datasets: 2 }, { isTTY: true, columns: 20 })
    expect(err).toBe('\r[.............] 0/2\r[#######......] 1/2\r\u001B[KMade 2 datasets.\n')

    const before = await em().count(Dataset)
    const aborted = run('generate fake-data', {}, { datasets: 2 }, { signal: AbortSignal.abort() })
    await expect(aborted).rejects.toThrow('aborted')
    expect(await em().count(Dataset)).toBe(before)
  })
})
