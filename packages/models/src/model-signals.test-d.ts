/** What the compiler knows of the instances in model signals. It reads this file; nothing runs it. */
import { SubscriptionMap } from '@aldis/core'
import { expectTypeOf } from 'vitest'

import {
  defineEntity,
  m2mChanged,
  p,
  postDelete,
  postInit,
  postSave,
  preSave,
  type InstanceOf,
} from './index.ts'

const Author = defineEntity({
  name: 'Author',
  properties: { id: p.integer().primary(), name: p.string() },
})
const Book = defineEntity({
  name: 'Book',
  properties: { id: p.integer().primary(), title: p.string(), authors: () => p.manyToMany(Author) },
})
type BookRow = InstanceOf<typeof Book>
const map = new SubscriptionMap()

map.on(postSave, (model, { instance, created }) => [model.name, instance.title, created], { sender: Book })
map.on(preSave, (_model, { instance }) => void (instance.title = 'changed'), { sender: Book })
map.on(postDelete, async (_model, { instance }) => instance.authors.loadItems(), { sender: Book })
map.on(postInit, (_model, { instance }) => expectTypeOf(instance.title).toEqualTypeOf<string>(), {
  sender: Book,
})
map.on(m2mChanged, (_model, { instance, action }) => `${action} ${instance.title}`, { sender: Book })
map.on(postSave, (_model, { instance }: { readonly instance: BookRow }) => instance.title, { sender: Book })
map.on(postSave, (_model, { instance }) => expectTypeOf(instance).toEqualTypeOf<object>())
postSave.connect((_model, { instance }) => instance.title, { sender: Book })
postSave.connectVia(Author)((_model, { instance }) => instance.name)
// @ts-expect-error an author has no title
map.on(postSave, (_model, { instance }) => instance.title, { sender: Author })
// @ts-expect-error without a sender it may be any instance
map.on(postSave, (_model, { instance }) => instance.title)
// @ts-expect-error a receiver of books does not hear authors
map.on(postSave, (_model, { instance }: { readonly instance: BookRow }) => instance.title, { sender: Author })
// @ts-expect-error a receiver of books does not hear everything
map.on(postSave, (_model, { instance }: { readonly instance: BookRow }) => instance.title)
// @ts-expect-error a model is not its name
map.on(postSave, () => undefined, { sender: 'Book' })
// @ts-expect-error nothing is created or not when it is deleted
map.on(postDelete, (_model, { created }) => created, { sender: Book })
