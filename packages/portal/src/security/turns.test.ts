import { expect, test } from 'vitest'

import { Turns } from './turns.ts'

test('as many run at once as there are turns, the rest in their order', async () => {
  const turns = new Turns(2)
  const started: number[] = []
  const ends = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
  const jobs = ends.map(({ promise }, index) =>
    turns.run(async () => {
      started.push(index)
      await promise
      return index
    }),
  )
  expect(started).toEqual([0, 1])

  ends[1]?.resolve()
  await jobs[1]
  expect(started).toEqual([0, 1, 2])

  for (const { resolve } of ends) resolve()
  expect(await Promise.all(jobs)).toEqual([0, 1, 2, 3, 4])
})

test('a job that fails gives its turn back', async () => {
  const turns = new Turns(1)
  const failing = turns.run(() => Promise.reject(new Error('no')))
  const next = turns.run(() => Promise.resolve('yes'))

  await expect(failing).rejects.toThrow('no')
  expect(await next).toBe('yes')
  expect(await turns.run(() => Promise.resolve('again'))).toBe('again')
})
