import { expect, test } from 'vitest'

import { createHost, isPluginName } from './index.ts'

const refused = [
  '../evil',
  '/etc/passwd',
  'a/../../b',
  '..\\evil',
  'file:///tmp/x.js',
  'data:text/javascript,globalThis.evil=1',
  'node:child_process',
  'foo\0bar',
  '__proto__',
  'constructor',
  'prototype',
  'core',
  '',
  'x'.repeat(300),
  'Shop',
  'shop-mail',
  'shop__mail',
  '_shop',
  'shop_',
  '1shop',
  'shöp',
  'shop\n',
]

test.each(refused)('the name %j is refused before a file is looked at (P9)', async (name) => {
  expect(isPluginName(name)).toBe(false)

  // There is no such folder: whatever looked for it would fail in another way.
  await using host = await createHost({
    cwd: '/nowhere',
    config: { plugins: [name] },
    env: {},
    plugins: [{ name: 'shop', plugin: {} }],
  })
  await expect(host.load()).rejects.toMatchObject({
    code: 'PLUGIN_LOAD',
    failures: [{ plugin: name, error: { code: 'PLUGIN_NAME_INVALID' } }],
  })
  await expect(host.load(name)).rejects.toMatchObject({
    failures: [{ error: { code: 'PLUGIN_NAME_INVALID' } }],
  })
})

test.each(refused)('a plugin that is given as a value cannot be called %j (P9)', async (name) => {
  await expect(createHost({ config: {}, env: {}, plugins: [{ name, plugin: {} }] })).rejects.toMatchObject({
    code: 'PLUGIN_NAME_INVALID',
  })
})

test.each(['shop', 'request_log', 'a', 'v2', 'x'.repeat(64), 'a_1', 'to_string'])('%s is a name', (name) => {
  expect(isPluginName(name)).toBe(true)
})

test('a name is refused in the settings of a configuration too', async () => {
  const settings = { 'node:fs': {} }
  await expect(createHost({ config: { settings }, env: {} })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  })
})

test('signals may have any name: those of object prototypes are names like any other (P15)', async () => {
  const { signals, SubscriptionMap } = await import('./index.ts')
  const { usePlugin } = await import('./testing.ts')
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype']
  const plugin = {
    getSignalSubscriptions() {
      const map = new SubscriptionMap()
      for (const name of names) map.on(signals.ckanext.signal(name), () => name, { id: name })
      return map
    },
  }
  await using host = await usePlugin({ name: 'odd', plugin })
  for (const name of names) {
    expect(
      signals.ckanext
        .signal(name)
        .send('x', 0)
        .map(([, value]) => value),
    ).toEqual([name])
    expect(host.signals.find(({ key }) => key === `ckanext:${name}`)?.receivers).toMatchObject([{ id: name }])
  }
})
