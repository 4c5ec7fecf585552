import { createHost, SubscriptionMap, type Host } from '@aldis/core'
import { afterAll, beforeAll, expect, test } from 'vitest'

import ModelsPlugin, { afterCommit, defineEntity, em, p, postSave, transaction, type Migration } from './index.ts'
import { openDatabase } from './open-database.ts'

const Book = defineEntity({
  name: 'Book',
  properties: { id: p.integer().primary(), title: p.string(), tags: p.json<string[]>().nullable() },
})

const heard: unknown[] = []
class Shop {
  getModels(): { entities: (typeof Book)[]; migrations: Migration[] } {
    return {
      entities: [Book],
      migrations: [{ name: '0001_books', up: ['create table book (id serial primary key, title text not null, tags jsonb)'] }],
    }
  }
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap()
      .on(postSave, (_m, { instance, created, changes }) => void heard.push(['inline', instance, created, changes]), { id: 'a' })
      .on(postSave, (_m, { created }) => void heard.push(['commit', created]), { id: 'b', delivery: 'commit' })
  }
}
let host: Host
beforeAll(async () => {
  host = await createHost({
    config: { plugins: ['models', 'shop'], settings: { models: { folder: null } } },
    plugins: [{ name: 'models', plugin: ModelsPlugin }, { name: 'shop', plugin: Shop }],
  })
  await host.load()
  await host.start()
})
afterAll(() => host.stop())

test('smoke', async () => {
  await transaction(async (own) => {
    own.create(Book, { title: 'a', tags: ['x'] })
    afterCommit(() => void heard.push('after'))
    await own.flush()
    expect(heard.length).toBe(1)
    await transaction(async () => {
      em().create(Book, { title: 'b' })
    })
    await expect(openDatabase().fork().find(Book, {})).rejects.toMatchObject({ code: 'SECOND_CONNECTION' })
  })
  console.dir(heard, { depth: 4 })
  const alone = em()
  const book = await alone.findOneOrFail(Book, { title: 'a' })
  book.title = 'c'
  book.tags = ['y']
  heard.length = 0
  await alone.flush()
  console.dir(heard, { depth: 4 })
  const rows = await em().getKysely().selectFrom('book').selectAll().execute()
  console.log(rows)
})
