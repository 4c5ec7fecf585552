/**
 * The order in which plugins load, start and hear: what they ask for first, what the configuration lists after that.
 */
import { createHost, silentLogger, type Host, type PluginDefinition } from '@aldis/core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'

interface Wish {
  readonly name: string
  readonly version?: string
  readonly requires?: Readonly<Record<string, string>>
  readonly after?: readonly string[]
  readonly before?: readonly string[]
}

const containing = (text: string): unknown => expect.stringContaining(text)

const definition = (wish: Wish): PluginDefinition => ({ ...wish, plugin: {} })

const hostOf = (wishes: readonly Wish[], enabled = wishes.map(({ name }) => name)): Promise<Host> =>
  createHost({
    config: { plugins: [...enabled] },
    env: {},
    plugins: wishes.map(definition),
    logger: silentLogger,
  })

/** The names of `wishes` in load order. */
async function orderOf(wishes: readonly Wish[]): Promise<string[]> {
  await using host = await hostOf(wishes)
  await host.load()
  return host.plugins.map(({ name }) => name)
}

test('without wishes the configuration decides', async () => {
  expect(await orderOf([{ name: 'c' }, { name: 'a' }, { name: 'b' }])).toEqual(['c', 'a', 'b'])
})

test('what a plugin requires, or loads after, comes just before it; what is before it too', async () => {
  expect(await orderOf([{ name: 'a', requires: { c: '*' } }, { name: 'b' }, { name: 'c' }])).toEqual([
    'c',
    'a',
    'b',
  ])
  expect(await orderOf([{ name: 'a', after: ['c'] }, { name: 'b' }, { name: 'c' }])).toEqual(['c', 'a', 'b'])
  expect(await orderOf([{ name: 'a' }, { name: 'b' }, { name: 'c', before: ['a'] }])).toEqual(['c', 'a', 'b'])
})

test('"after" and "before" say nothing of plugins that are not enabled', async () => {
  const wishes = [{ name: 'a', after: ['gone'], before: ['b'] }, { name: 'b' }]
  await using host = await hostOf(wishes, ['a'])
  await host.load()
  expect(host.plugins.map(({ name, state }) => [name, state])).toEqual([
    ['a', 'on'],
    ['b', 'off'],
  ])
})

test.each([
  [[{ name: 'a', after: ['a'] }], ['a', 'a']],
  [
    [
      { name: 'a', requires: { b: '*' } },
      { name: 'b', requires: { a: '*' } },
    ],
    ['a', 'b', 'a'],
  ],
  [
    [
      { name: 'x' },
      { name: 'a', after: ['c'] },
      { name: 'b', after: ['a'] },
      { name: 'c', requires: { b: '*' } },
    ],
    ['a', 'c', 'b', 'a'],
  ],
])('a circle is told as a path', async (wishes: readonly Wish[], path) => {
  await using host = await hostOf(wishes)
  await expect(host.load()).rejects.toMatchObject({
    code: 'PLUGIN_LOAD',
    phase: 'resolve',
    cause: { code: 'PLUGIN_CYCLE', path },
    message: containing(path.join(' → ')),
  })
  expect(host.plugins.every(({ state }) => state === 'off')).toBe(true)
})

test('a requirement that is missing, off, or of another version is told by name', async () => {
  const wishes: Wish[] = [
    { name: 'a', requires: { gone: '^1.0.0' } },
    { name: 'b', requires: { off: '*' } },
    { name: 'c', requires: { d: '^2.0.0' } },
    { name: 'd', version: '1.9.0' },
    { name: 'off' },
    { name: 'e', requires: { core: '^99.0.0' } },
  ]
  await using host = await hostOf(wishes, ['a', 'b', 'c', 'd', 'e'])
  const error: unknown = await host.load().catch((reason: unknown) => reason)

  expect(error).toMatchObject({
    failures: [
      { plugin: 'a', error: { code: 'PLUGIN_REQUIREMENT_MISSING', requirement: 'gone' } },
      { plugin: 'b', error: { code: 'PLUGIN_REQUIREMENT_MISSING', requirement: 'off' } },
      { plugin: 'c', error: { code: 'PLUGIN_VERSION_MISMATCH', requirement: 'd' } },
      { plugin: 'e', error: { code: 'PLUGIN_VERSION_MISMATCH', requirement: 'core' } },
    ],
  })
  expect(String(error)).toContain('"gone", which is not there')
  expect(String(error)).toContain('"off", which is not enabled')
  expect(String(error)).toContain('"c" requires "d" ^2.0.0; there is 1.9.0')
})

test.each([
  ['1.2.3', '^1.0.0', true],
  ['1.2.3', '>=1.2.3 <2', true],
  ['2.0.0-rc.1', '>=1.0.0', true],
  ['2.0.0-rc.1', '^2.0.0-rc.0', true],
  ['0.2.0', '^0.1.0', false],
  ['1.2.3', '1.2.4', false],
  ['not a version', '*', false],
])('version %s against %s: %s', async (version, range, fits) => {
  const wishes = [
    { name: 'a', requires: { b: range } },
    { name: 'b', version },
  ]
  await using host = await hostOf(wishes)
  const loaded = await host.load().then(
    () => true,
    () => false,
  )
  expect(loaded).toBe(fits)
})

test('a requirement of core is one of this package, whatever plugins there are', async () => {
  expect(await orderOf([{ name: 'a', requires: { core: '>=0.1.0' } }])).toEqual(['a'])
})

test('a plugin that is loaded later may require those that are there', async () => {
  const wishes = [
    { name: 'b', version: '1.0.0' },
    { name: 'a', requires: { b: '^1.0.0' } },
    { name: 'c', requires: { b: '^2' } },
  ]
  await using host = await hostOf(wishes, ['b'])
  await host.load()
  await host.load('a')
  await expect(host.load('c')).rejects.toMatchObject({ cause: { code: 'PLUGIN_VERSION_MISMATCH' } })
  expect(host.plugins.map(({ name }) => name)).toEqual(['b', 'a', 'c'])
})

/** Plugins with wishes that may be at odds with each other and with the list, never in a circle. */
const wishLists = fc
  .uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 12 })
  .chain((ranks) =>
    fc
      .array(
        fc.tuple(
          fc.nat(ranks.length - 1),
          fc.nat(ranks.length - 1),
          fc.constantFrom('requires', 'after', 'before'),
        ),
        { maxLength: 15 },
      )
      .map((pairs) => wishesOf(ranks, pairs)),
  )

/** `ranks` decide who may ask to come after whom: that way no wishes go round. */
function wishesOf(ranks: readonly number[], pairs: readonly (readonly [number, number, string])[]): Wish[] {
  const wishes = ranks.map((rank) => {
    const requires: Record<string, string> = {}
    const after: string[] = []
    const before: string[] = []
    return { name: `p${rank}`, requires, after, before }
  })
  for (const [one, two, kind] of pairs) {
    const [early, late] = (ranks[one] ?? 0) < (ranks[two] ?? 0) ? [one, two] : [two, one]
    const [first, then] = [wishes[early], wishes[late]]
    if (!first || !then || first === then) continue
    if (kind === 'requires') then.requires[first.name] = '*'
    else if (kind === 'after') then.after.push(first.name)
    else first.before.push(then.name)
  }
  return wishes
}

/** Every pair of names of which the first has to come before the second. */
const constraintsOf = (wishes: readonly Wish[]): [string, string][] =>
  wishes.flatMap(({ name, requires = {}, after = [], before = [] }) => [
    ...[...Object.keys(requires), ...after].map((other): [string, string] => [other, name]),
    ...before.map((other): [string, string] => [name, other]),
  ])

const holds = (order: readonly string[], constraints: readonly (readonly [string, string])[]): boolean =>
  constraints.every(([first, then]) => order.indexOf(first) < order.indexOf(then))

test('any wishes without a circle: every plugin once, every wish met, and nothing moves that need not', async () => {
  await fc.assert(
    fc.asyncProperty(wishLists, async (wishes) => {
      const constraints = constraintsOf(wishes)
      const order = await orderOf(wishes)
      expect(order.toSorted()).toEqual(wishes.map(({ name }) => name).toSorted())
      expect(holds(order, constraints)).toBe(true)
      // Listed in that order, the same wishes change nothing any more.
      const again = order.flatMap((name) => wishes.find((wish) => wish.name === name) ?? [])
      expect(await orderOf(again)).toEqual(order)
      const listed = wishes.map(({ name }) => name)
      if (holds(listed, constraints)) expect(order).toEqual(listed)
    }),
    { numRuns: 300 },
  )
})

test('any wishes at all: either an order that meets them, or a circle that is one', async () => {
  const anyWishes = fc.array(
    fc.record({
      after: fc.array(fc.nat(5), { maxLength: 2 }),
      before: fc.array(fc.nat(5), { maxLength: 2 }),
    }),
    { minLength: 6, maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(anyWishes, async (lists) => {
      const wishes = lists.map(({ after, before }, index) => ({
        name: `p${index}`,
        after: after.map((other) => `p${other}`),
        before: before.map((other) => `p${other}`),
      }))
      const constraints = constraintsOf(wishes)
      await using host = await hostOf(wishes)
      const error: unknown = await host.load().then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error === undefined) {
        expect(
          holds(
            host.plugins.map(({ name }) => name),
            constraints,
          ),
        ).toBe(true)
        return
      }
      expect(error).toMatchObject({ cause: { code: 'PLUGIN_CYCLE' } })
      const path: unknown = Reflect.get(Object(Reflect.get(Object(error), 'cause')), 'path')
      const names = Array.isArray(path) ? path.map(String) : []
      expect(names.at(0)).toBe(names.at(-1))
      for (const [index, name] of names.slice(1).entries()) {
        expect(constraints).toContainEqual([name, names[index]])
      }
    }),
    { numRuns: 300 },
  )
})
