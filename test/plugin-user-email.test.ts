/** The plugin user_email on each database: a user's addresses are written with the user, and undone with it. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHost, type Host, type ReceiverError } from '@aldis/core'
import ModelsPlugin, { em, postSave, transaction } from '@aldis/models'
import PortalPlugin, { User } from '@aldis/portal'
import UserEmailPlugin, { UserEmail } from 'aldis-plugin-user-email'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'

const user = (name: string, email: string) => ({ name, email, fullname: null })

/** The addresses of the user `name`, in order. */
async function addressesOf(name: string): Promise<string[]> {
  const rows = await em().find(UserEmail, { user: { name } }, { orderBy: { email: 'asc' } })
  return rows.map(({ email }) => email)
}

/** Where the portals of this file keep their secret. */
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aldis-portal-'))
})
afterAll(() => rm(folder, { recursive: true }))

describeDatabases('a user and its addresses', (database) => {
  let host: Host
  const failures: ReceiverError[] = []

  beforeAll(async () => {
    host = await createHost({
      config: {
        plugins: ['models', 'portal', 'user_email'],
        settings: { models: await database.settings(), portal: { folder } },
      },
      env: {},
      plugins: [
        { name: 'models', plugin: ModelsPlugin },
        { name: 'portal', plugin: PortalPlugin },
        { name: 'user_email', plugin: UserEmailPlugin },
      ],
      onReceiverError: (failure) => failures.push(failure),
    })
    await host.load('models')
    await host.load('portal')
    await host.start()
    // There before the plugin.
    await transaction((manager) => manager.create(User, user('old', 'Old@Example.org')))
    await host.load('user_email')
  })
  afterAll(() => host.stop())
  beforeEach(() => void failures.splice(0))

  test('who was there before the plugin has an address too', async () => {
    expect(await addressesOf('old')).toEqual(['old@example.org'])
  })

  test('a new user has one, in lower case and not verified', async () => {
    await transaction((manager) => manager.create(User, user('ada', 'Ada@Example.ORG')))

    expect(await em().find(UserEmail, { user: { name: 'ada' } })).toMatchObject([
      { email: 'ada@example.org', verified: false },
    ])
  })

  test('what is rolled back leaves no address', async () => {
    const failing = transaction(async (manager) => {
      manager.create(User, user('ghost', 'ghost@example.org'))
      await manager.flush()
      expect(await addressesOf('ghost')).toEqual(['ghost@example.org'])
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')

    expect(await em().count(UserEmail, { email: 'ghost@example.org' })).toBe(0)
  })

  test('an address that somebody has noted first does not spoil the transaction', async () => {
    const first = postSave.connect(
      async (_model, { instance }) => {
        if (!(instance instanceof Object && 'name' in instance && instance.name === 'eve')) return
        await transaction((manager) => {
          manager.create(UserEmail, {
            user: manager.getReference(User, idOf(instance)),
            email: 'eve@example.org',
          })
        })
      },
      { sender: User, priority: 1 },
    )
    await transaction((manager) => {
      manager.create(User, user('eve', 'eve@example.org'))
      manager.create(User, user('adam', 'adam@example.org'))
    })
    first.disconnect()

    expect(await addressesOf('eve')).toEqual(['eve@example.org'])
    expect(await addressesOf('adam')).toEqual(['adam@example.org'])
    expect(failures).toEqual([])
  })

  test('another address takes the place of the one before, to be verified anew', async () => {
    await transaction((manager) => manager.create(User, user('kim', 'kim@example.org')))
    await transaction(async (manager) => {
      const [row] = await manager.find(UserEmail, { user: { name: 'kim' } })
      if (row) row.verified = true
    })
    await change('kim', { email: 'kim@example.com' })

    expect(await em().find(UserEmail, { user: { name: 'kim' } })).toMatchObject([
      { email: 'kim@example.com', verified: false },
    ])
  })

  test('other changes, and other cases of the same letters, leave the address as it is', async () => {
    await transaction((manager) => manager.create(User, user('lou', 'lou@example.org')))
    const before = await em().find(UserEmail, { user: { name: 'lou' } })
    await change('lou', { fullname: 'Lou' })
    await change('lou', { email: 'LOU@example.org' })

    expect(await em().find(UserEmail, { user: { name: 'lou' } })).toMatchObject([{ id: before[0]?.id }])
  })

  test('the addresses of a user whose row goes, go', async () => {
    await transaction((manager) => manager.create(User, user('max', 'max@example.org')))
    await transaction((manager) => manager.nativeDelete(User, { name: 'max' }))

    expect(await em().count(UserEmail, { email: 'max@example.org' })).toBe(0)
  })

  async function change(name: string, to: { email?: string; fullname?: string }): Promise<void> {
    await transaction(async (manager) => {
      manager.assign(await manager.findOneOrFail(User, { name }), to)
    })
  }
})

function idOf(instance: object): string {
  return 'id' in instance ? String(instance.id) : ''
}
