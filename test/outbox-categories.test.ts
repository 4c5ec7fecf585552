/** Scopes, categories, and what is saved for them. The same on each database. */
import { SubscriptionMap, type Subscriptions } from '@aldis/core'
import { defineEntity, em, p, transaction } from '@aldis/models'
import {
  defineCategory,
  defineScope,
  inShards,
  processControlOutbox,
  processRegionOutbox,
  saveOutboxMessage,
  type Category,
} from '@aldis/outbox'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'

const Team = defineEntity({ name: 'Team', properties: { id: p.integer().primary(), name: p.string() } })

const teamScope = defineScope('team', { entity: Team, property: 'teamId' })
const personScope = defineScope('person')
const teamUpdate = defineCategory('team_update', { scope: teamScope })
const personUpdate = defineCategory('person_update', { scope: personScope })

describe('a scope', () => {
  test('can be defined twice in the same way, and not in two ways', () => {
    expect(defineScope('team', { entity: Team, property: 'teamId' })).toEqual(teamScope)
    expect(() => defineScope('team', { property: 'teamId' })).toThrow(
      expect.objectContaining({
        code: 'SCOPE_INVALID',
        message:
          'The outbox scope "team" cannot be defined: there is one already, with the entity "Team" and the property "teamId".',
      }),
    )
    expect(() => defineScope('person', { property: 'personId' })).toThrow(
      'with neither an entity nor a property.',
    )
  })

  test('has a name of lower-case words', () => {
    expect(() => defineScope('Team:7')).toThrow(expect.objectContaining({ code: 'SCOPE_INVALID' }))
  })
})

describe('a category', () => {
  test('can be defined twice in the same way, and in no second scope', () => {
    expect(defineCategory('team_update', { scope: teamScope })).toEqual(teamUpdate)
    expect(() => defineCategory('team_update', { scope: personScope })).toThrow(
      expect.objectContaining({
        code: 'CATEGORY_INVALID',
        message:
          'The outbox category "team_update" cannot be defined: it belongs to the scope "team" already, and cannot ' +
          'belong to "person" too. Define another.',
      }),
    )
  })

  test('has a scope that is defined, and a name of lower-case words', () => {
    const unknown = { name: 'planet', entity: undefined, property: undefined } as const
    expect(() => defineCategory('planet_update', { scope: unknown })).toThrow(
      expect.objectContaining({ code: 'CATEGORY_INVALID' }),
    )
    expect(() => void Reflect.apply(defineCategory, undefined, ['planet_update', {}])).toThrow(
      'its scope is not what defineScope(…) returned',
    )
    expect(() => defineCategory('planet update', { scope: teamScope })).toThrow(
      expect.objectContaining({ code: 'CATEGORY_INVALID' }),
    )
  })
})

/** What the receivers heard. */
const heard: unknown[] = []

const plugin = {
  getSignalSubscriptions(): Subscriptions {
    return new SubscriptionMap()
      .on(processRegionOutbox, (category, message) => void heard.push([category, message]), {
        id: 'from_region',
        ...inShards,
      })
      .on(processControlOutbox, (category, message) => void heard.push([category, message]), {
        id: 'from_control',
        sender: 'person_update',
        ...inShards,
      })
  },
}

describeDatabases('an outbox message', (database) => {
  let running: OutboxHost
  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'mirror', plugin }],
    })
    await em().execute('create table team (id int primary key, name text not null)')
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    heard.length = 0
    await em().execute('truncate team')
  })

  const teams = async (): Promise<number> => (await em().execute('select 1 from team')).length
  const save = (id: number): Promise<void> =>
    transaction(async (own) => {
      await own.execute('insert into team (id, name) values (?, ?)', [id, 'seven'])
      await saveOutboxMessage(teamUpdate, {
        shardScope: teamScope,
        shardIdentifier: id,
        objectIdentifier: id,
        payload: { renamed: true },
      })
    })

  test('is stored with the change that it tells of, and is gone with it', async () => {
    await expect(
      transaction(async () => {
        await save(7)
        throw new Error('the disk is full')
      }),
    ).rejects.toThrow('the disk is full')
    expect(await running.outbox.list({ state: 'waiting' })).toEqual([])
    expect(await teams()).toBe(0)

    await save(8)
    expect(await running.outbox.list({ state: 'waiting' })).toHaveLength(1)
    expect(await teams()).toBe(1)
    expect(await running.outbox.drain()).toBe(0)
    expect(heard).toEqual([
      [
        'team_update',
        { shardScope: 'team', shardIdentifier: 8, objectIdentifier: 8, payload: { renamed: true } },
      ],
    ])
  })

  test('goes from control to the region that it names, to the receivers of its category', async () => {
    await transaction(async () => {
      for (const regionName of ['eu', 'us']) {
        const message = { shardIdentifier: 'ada', objectIdentifier: 'ada', regionName }
        await saveOutboxMessage(personUpdate, { shardScope: personScope, ...message })
        await saveOutboxMessage(teamUpdate, { shardScope: teamScope, ...message })
      }
    })
    expect(await running.outbox.drain()).toBe(0)

    const message = { shardScope: 'person', shardIdentifier: 'ada', objectIdentifier: 'ada' }
    expect(heard).toHaveLength(2)
    expect(heard).toEqual(
      expect.arrayContaining(['eu', 'us'].map((regionName) => ['person_update', { ...message, regionName }])),
    )
  })

  test('outside the scope of its category is refused at the write, and the transaction can go on', async () => {
    // As code without types gives it.
    const untyped: Category = teamUpdate
    await transaction(async (own) => {
      await expect(
        saveOutboxMessage(untyped, { shardScope: personScope, shardIdentifier: 7, objectIdentifier: 7 }),
      ).rejects.toMatchObject({
        code: 'CATEGORY_OUTSIDE_SCOPE',
        message:
          'A message of the outbox category "team_update" was to be saved in the scope "person". That category belongs ' +
          'to the scope "team": give that, and the identifier of a shard of it.',
      })
      await expect(
        saveOutboxMessage(
          { name: 'dog_update', scope: teamScope },
          { shardScope: teamScope, shardIdentifier: 7, objectIdentifier: 7 },
        ),
      ).rejects.toThrow('Nobody has defined that category')
      await own.execute(`insert into team values (7, 'seven')`)
    })

    expect(await running.outbox.list({ state: 'waiting' })).toEqual([])
    expect(await teams()).toBe(1)
  })

  test('needs a transaction', async () => {
    await expect(
      saveOutboxMessage(teamUpdate, { shardScope: teamScope, shardIdentifier: 7, objectIdentifier: 7 }),
    ).rejects.toMatchObject({ code: 'NO_TRANSACTION' })
    expect(await running.outbox.list({ state: 'waiting' })).toEqual([])
  })

  test('that cannot be stored is refused, and the transaction can go on', async () => {
    const message = { shardScope: teamScope, shardIdentifier: 7, objectIdentifier: 7 }
    await transaction(async (own) => {
      await expect(saveOutboxMessage(teamUpdate, { ...message, payload: 7n })).rejects.toMatchObject({
        code: 'PAYLOAD_NOT_STORABLE',
        path: 'payload',
      })
      await expect(
        saveOutboxMessage(personUpdate, { ...message, shardScope: personScope, regionName: 'eu/west' }),
      ).rejects.toMatchObject({ code: 'PAYLOAD_MISMATCH' })
      await own.execute(`insert into team values (7, 'seven')`)
    })

    expect(await running.outbox.list({ state: 'waiting' })).toEqual([])
    expect(await teams()).toBe(1)
  })
})
