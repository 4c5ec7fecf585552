/** The plugin first_user: who is asked for a sysadmin, when, and what happens to the answers. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHost, type CommandContext, type Host, type ReceiverError } from '@aldis/core'
import { MemoryLogger } from '@aldis/core/testing'
import ModelsPlugin, { em, transaction } from '@aldis/models'
import PortalPlugin, { User } from '@aldis/portal'
import FirstUserPlugin from 'aldis-plugin-first-user'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'

const HOW =
  'There is no sysadmin. To make one: aldis user create NAME --email ADDRESS --password PASSWORD --sysadmin'

type Ask = NonNullable<CommandContext['ask']>

/** Where the portals of this file keep their secret. */
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aldis-portal-'))
})
afterAll(() => rm(folder, { recursive: true }))

describeDatabases('the first user', (database) => {
  let host: Host
  const logger = new MemoryLogger()
  const failures: ReceiverError[] = []

  beforeAll(async () => {
    host = await createHost({
      config: {
        plugins: ['models', 'portal', 'first_user'],
        settings: { models: await database.settings(), portal: { folder } },
      },
      env: {},
      plugins: [
        { name: 'models', plugin: ModelsPlugin },
        { name: 'portal', plugin: PortalPlugin },
        { name: 'first_user', plugin: FirstUserPlugin },
      ],
      logger,
      onReceiverError: (failure) => failures.push(failure),
    })
    await host.load()
    await host.start()
  })
  afterAll(() => host.stop())
  afterEach(async () => {
    expect(failures.splice(0)).toEqual([])
    await transaction((manager) => manager.nativeDelete(User, {}))
  })

  /** What `aldis db upgrade` tells, with somebody at the terminal when there is an `ask`. */
  async function upgrade(ask?: Ask): Promise<string[]> {
    let told = ''
    await host.commands
      .find(({ name }) => name === 'db upgrade')
      ?.run(
        { arguments: {}, options: {} },
        {
          host,
          stdout: () => undefined,
          stderr: (text) => (told += text),
          isTTY: false,
          columns: 80,
          color: false,
          signal: new AbortController().signal,
          ...(ask && { ask }),
        },
      )
    return told.split('\n').slice(0, -2)
  }

  /** Somebody who types `answers`, and what that one was asked. */
  function person(...answers: string[]): { ask: Ask; asked: string[] } {
    const asked: string[] = []
    const ask: Ask = (question, { secret = false } = {}) => {
      asked.push(secret ? `${question}(secret)` : question)
      const answer = answers.shift()
      return answer === undefined ? Promise.reject(new Error('Interrupted.')) : Promise.resolve(answer)
    }
    return { ask, asked }
  }

  const sysadmins = () => em().find(User, { sysadmin: true })

  test('where nobody can answer the command is told and nobody waits', async () => {
    expect(await upgrade()).toEqual([HOW])
  })

  test('whoever answers is made a sysadmin, and never asked again', async () => {
    const { ask, asked } = person(' ada ', 'ada@example.org', 'correct horse', 'correct horse')

    expect((await upgrade(ask)).at(-1)).toBe('ada is a sysadmin.')
    expect(asked).toEqual(['Name: ', 'E-mail address: ', 'Password: (secret)', 'The same again: (secret)'])
    expect(await sysadmins()).toMatchObject([{ name: 'ada', email: 'ada@example.org', state: 'active' }])
    expect(await upgrade(ask)).toEqual([])
    expect(asked).toHaveLength(4)
  })

  test.each([
    ['a name', ['']],
    ['an address', ['ada', ' ']],
    ['a password', ['ada', 'ada@example.org', '']],
    ['an answer, interrupted', ['ada']],
  ])('without %s nobody is made and the command is told', async (_what, answers) => {
    expect((await upgrade(person(...answers).ask)).at(-1)).toBe(HOW)
    expect(await em().count(User, {})).toBe(0)
  })

  test('only what was wrong is asked again, with what is wrong', async () => {
    const { ask, asked } = person(
      'A',
      'ada@example.org',
      'short',
      'short',
      'ada',
      'long enough',
      'long enough',
    )
    const told = await upgrade(ask)

    expect(told).toContain('password: Your password must be 8 characters or longer')
    expect(told.filter((line) => line.startsWith('name: '))).toHaveLength(1)
    expect(asked.filter((question) => question === 'E-mail address: ')).toHaveLength(1)
    expect(await sysadmins()).toMatchObject([{ name: 'ada' }])
  })

  test('passwords that differ are asked for again', async () => {
    const { ask } = person(
      'ada',
      'ada@example.org',
      'long enough',
      'long enouhg',
      'long enough',
      'long enough',
    )

    expect(await upgrade(ask)).toContain('password: The passwords you entered do not match')
    expect(await sysadmins()).toHaveLength(1)
  })

  test('after three answers that will not do it is given up', async () => {
    const { ask, asked } = person('A', 'ada@example.org', 'long enough', 'long enough', 'B', 'C', 'ada')

    expect((await upgrade(ask)).at(-1)).toBe(HOW)
    expect(asked.filter((question) => question === 'Name: ')).toHaveLength(3)
    expect(await em().count(User, {})).toBe(0)
  })

  test('no answer is in the log', () => {
    expect(JSON.stringify(logger.lines)).not.toMatch(/long enough|correct horse/)
  })
})

/** Whether a host with settings `portal` that makes its database tells the command when it serves. */
async function tells(portal: object, beforeServing: () => Promise<unknown>): Promise<boolean> {
  const logger = new MemoryLogger()
  const host = await createHost({
    config: {
      plugins: ['models', 'portal', 'first_user'],
      settings: { models: { folder: null }, portal: { port: 0, folder, ...portal } },
    },
    env: {},
    plugins: [
      { name: 'models', plugin: ModelsPlugin },
      { name: 'portal', plugin: PortalPlugin },
      { name: 'first_user', plugin: FirstUserPlugin },
    ],
    logger,
  })
  const told = (): boolean => logger.lines.some(({ message }) => message === HOW)
  try {
    await host.load()
    await host.start()
    await beforeServing()
    expect(told(), 'nothing is told before it serves').toBe(false)
    const controller = new AbortController()
    await host.serve(controller.signal, { onReady: () => setImmediate(() => controller.abort()) })
    return told()
  } finally {
    await host.stop()
  }
}

test('a host that made its database tells the command when it serves', async () => {
  expect(await tells({}, () => Promise.resolve())).toBe(true)
})

test('a host for which somebody made a sysadmin meanwhile does not', async () => {
  const admin = { name: 'admin', email: 'admin@example.org', sysadmin: true }
  expect(await tells({}, () => transaction((manager) => manager.create(User, admin)))).toBe(false)
})

test('a host whose portal makes a sysadmin with its sample data does not', async () => {
  expect(await tells({ sampleData: true }, () => Promise.resolve())).toBe(false)
})
