import { mkdir, mkdtemp, realpath, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

import { createHost, signals, type Host } from './index.ts'
import { MemoryLogger } from './testing.ts'

const woken = signals.ckanext.signal<string>('discovery_woken')

/** A plugin that says its name; it needs nothing of core, so it can lie anywhere. */
const source = (name: string): string => `export default class {
  getSignalSubscriptions() {
    const { namespaces } = globalThis[Symbol.for('aldis.signals/0')]
    return [[namespaces.get('ckanext').signal('discovery_woken'), [function ${name}() { return '${name}' }]]]
  }
}
`

type Aldis = Readonly<Record<string, unknown>>

/** Files by their path, `package.json` of a plugin by its folder. */
class Workspace {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  static async make(): Promise<Workspace> {
    const workspace = new Workspace(await realpath(await mkdtemp(join(tmpdir(), 'aldis-found-'))))
    await workspace.file('pnpm-workspace.yaml', '')
    return workspace
  }

  async file(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.root, path)), { recursive: true })
    await writeFile(join(this.root, path), text)
  }

  async plugin(folder: string, name: string, aldis: Aldis = {}, more: object = {}): Promise<void> {
    const pack = { name: `shop-${name}`, version: '1.2.3', type: 'module', main: './index.js', ...more }
    await this.file(`${folder}/package.json`, JSON.stringify({ ...pack, aldis: { plugin: name, ...aldis } }))
    await this.file(`${folder}/index.js`, source(name))
  }

  /** A host that enables `plugins`. */
  host(plugins: readonly string[], pluginPaths: readonly string[] = ['plugins/*']): Promise<Host> {
    const config = { plugins: [...plugins], pluginPaths: [...pluginPaths] }
    return createHost({ cwd: this.root, config, env: {}, logger: new MemoryLogger() })
  }
}

const heard = (): unknown[] => woken.send('test', undefined).map(([, value]) => value)

/** The code of the error that loading `host` fails with. */
async function failureOf(host: Host): Promise<unknown> {
  const error: unknown = await host.load().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'PLUGIN_LOAD' })
  return Reflect.get(Object(error), 'cause')
}

test('plugins are found in workspace folders and in node_modules, scoped or not', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit')
  await workspace.plugin('node_modules/shop-mail', 'mail', {}, { description: 'Mails.' })
  await workspace.plugin('node_modules/@shop/crm', 'crm')
  await workspace.file('node_modules/left-pad/package.json', '{"name":"left-pad"}')
  await workspace.file('plugins/notes/readme.md', 'no package')
  const paths = ['plugins/*', 'node_modules/*', 'node_modules/@*/*']
  await using host = await workspace.host(['mail', 'crm', 'audit'], paths)
  await host.load()

  expect(heard()).toEqual(['mail', 'crm', 'audit'])
  expect(host.problems).toEqual([])
  expect(host.plugins).toMatchObject([
    { name: 'mail', version: '1.2.3', description: 'Mails.', source: 'node_modules' },
    { name: 'crm', source: 'node_modules', folder: join(workspace.root, 'node_modules/@shop/crm') },
    { name: 'audit', source: 'workspace', folder: join(workspace.root, 'plugins/audit') },
  ])
})

test('a plugin that is found and not enabled is shown as off, and is not imported', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit')
  await workspace.file('plugins/audit/index.js', 'throw new Error("imported")')
  await using host = await workspace.host([])
  await host.load()

  expect(host.plugins).toMatchObject([{ name: 'audit', state: 'off', error: undefined }])
})

test('folders are found on disk beside plugins given as values, where the configuration names them', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit')
  const plugins = [{ name: 'given', plugin: {} }]
  await using host = await createHost({
    cwd: workspace.root,
    config: { plugins: ['audit', 'given'], pluginPaths: ['plugins/*'] },
    env: {},
    plugins,
  })
  await host.load()
  expect(host.plugins.map(({ name, source: from }) => [name, from])).toEqual([
    ['audit', 'workspace'],
    ['given', 'memory'],
  ])
  await host.stop()

  // Without paths of its own, a host of given values looks at no disk.
  await using small = await createHost({
    cwd: workspace.root,
    config: { plugins: ['given'] },
    env: {},
    plugins,
  })
  expect(small.plugins.map(({ name }) => name)).toEqual(['given'])
})

test('a link inside the workspace is followed once, one out of it is refused (P11)', async () => {
  const outside = await Workspace.make()
  await outside.plugin('evil', 'evil')
  const workspace = await Workspace.make()
  await workspace.plugin('libs/audit', 'audit')
  await workspace.file('plugins/.keep', '')
  await symlink('../libs/audit', join(workspace.root, 'plugins/audit'))
  await symlink('../libs/audit', join(workspace.root, 'plugins/audit-again'))
  await symlink(join(outside.root, 'evil'), join(workspace.root, 'plugins/evil'))
  {
    await using host = await workspace.host(['audit'])
    await host.load()
    expect(heard()).toEqual(['audit'])
    expect(host.problems).toMatchObject([{ error: { code: 'PLUGIN_OUTSIDE_ROOT', plugin: 'evil' } }])
  }
  {
    await using host = await workspace.host(['evil'])
    expect(await failureOf(host)).toMatchObject({ code: 'PLUGIN_OUTSIDE_ROOT', plugin: 'evil' })
    expect(heard()).toEqual([])
  }
  // What the operator names is inside.
  await using host = await workspace.host(['evil'], [`${outside.root}/*`])
  await host.load()
  expect(heard()).toEqual(['evil'])
})

test('an entry file that is a link out of its folder is not imported (P11)', async () => {
  const outside = await Workspace.make()
  await outside.file('evil.js', source('evil'))
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit', {}, { main: './swapped.js' })
  await symlink(join(outside.root, 'evil.js'), join(workspace.root, 'plugins/audit/swapped.js'))
  await using host = await workspace.host(['audit'])

  expect(await failureOf(host)).toMatchObject({ code: 'PLUGIN_OUTSIDE_ROOT', plugin: 'audit' })
  expect(heard()).toEqual([])
})

test('an entry that climbs out of its folder is not imported (P11)', async () => {
  const workspace = await Workspace.make()
  await workspace.file('plugins/evil.js', source('evil'))
  await workspace.plugin('plugins/audit', 'audit', {}, { main: '../evil.js' })
  await using host = await workspace.host(['audit'])

  expect(await failureOf(host)).toMatchObject({ code: 'PLUGIN_OUTSIDE_ROOT' })
})

test('two folders with one plugin name are a problem of both, told when it is enabled', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/one', 'audit')
  await workspace.plugin('plugins/two', 'audit')
  await workspace.plugin('plugins/mail', 'mail')
  {
    await using host = await workspace.host(['mail'])
    await host.load()
    expect(heard()).toEqual(['mail'])
    expect(host.problems.map(({ folder }) => folder)).toEqual([
      join(workspace.root, 'plugins/one'),
      join(workspace.root, 'plugins/two'),
    ])
  }
  await using host = await workspace.host(['audit'])
  const failure = await failureOf(host)
  expect(failure).toMatchObject({ code: 'PLUGIN_DUPLICATE', plugin: 'audit' })
  expect(String(failure)).toMatch(/plugins\/one, .*plugins\/two/)
})

test('a plugin given as a value and found on disk under one name is refused', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit')
  const given = { config: { pluginPaths: ['plugins/*'] }, env: {}, plugins: [{ name: 'audit', plugin: {} }] }

  await expect(createHost({ cwd: workspace.root, ...given })).rejects.toMatchObject({
    code: 'PLUGIN_DUPLICATE',
  })
})

test.each([
  ['{ not json', 'not JSON'],
  ['{"aldis": {"plugin": "broken", "require": {}}}', 'require'],
  ['{"aldis": {"plugin": "broken", "requires": {"core": "latest"}}}', 'not a version range'],
  ['{"aldis": {"plugin": "broken", "requires": {"__proto__x": "1"}}}', 'not a plugin name'],
  ['{"aldis": {"plugin": "broken", "after": ["../x"]}}', 'not a plugin name'],
  ['{"aldis": {"plugin": 7}}', 'expected string'],
  ['{"aldis": true}', 'expected object'],
  ['{"aldis": {"plugin": "../evil"}}', "cannot be a plugin's name"],
  ['{"aldis": {"plugin": "constructor"}}', 'reserved'],
])(
  'a package.json that cannot be used matters only when its plugin is enabled: %s',
  async (text, message) => {
    const workspace = await Workspace.make()
    await workspace.plugin('plugins/mail', 'mail')
    await workspace.file('plugins/broken/package.json', text)
    {
      await using host = await workspace.host(['mail'])
      await host.load()
      expect(heard()).toEqual(['mail'])
      expect(String(host.problems[0]?.error)).toContain(message)
      expect(host.problems).toHaveLength(1)
    }
    await using host = await workspace.host(['mail', 'broken'])
    expect(String(await failureOf(host))).toContain(message)
    expect(heard()).toEqual([])
  },
)

test('a thousand broken packages are told one by one, and the good one among them loads', async () => {
  const workspace = await Workspace.make()
  const numbers = Array.from({ length: 1000 }, (_, number) => number)
  await Promise.all(numbers.map((number) => workspace.file(`plugins/p-${number}/package.json`, '{')))
  await workspace.plugin('plugins/mail', 'mail')
  await using host = await workspace.host(['mail'])
  await host.load()

  expect(heard()).toEqual(['mail'])
  expect(host.problems).toHaveLength(1000)
  expect(
    host.problems.every(({ error }) => 'code' in error && error.code === 'PLUGIN_MANIFEST_INVALID'),
  ).toBe(true)
})

test('a pattern that crosses folders does not go round in a circle of links', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/group/mail', 'mail')
  await symlink('..', join(workspace.root, 'plugins/group/up'))
  await using host = await workspace.host(['mail'], ['plugins/**'])
  await host.load()

  expect(heard()).toEqual(['mail'])
  expect(host.problems).toEqual([])
})

test.each([
  ['plugins/*', ['audit', 'mail']],
  ['plugins/*/', ['audit', 'mail']],
  ['./plugins/*', ['audit', 'mail']],
  ['plugins/audit', ['audit']],
  ['pl*s/a*t', ['audit']],
  ['*/mail', ['mail']],
  ['*/*', ['audit', 'mail', 'stock']],
  ['extra/../plugins/m*', ['mail']],
  ['extra/st.ck*', []],
  ['plugins/.*', ['hidden']],
  ['plugins/{audit,mail}', ['audit', 'mail']],
  ['plugins/[a-b]*', ['audit']],
  ['{extra,plugins}/*', ['audit', 'mail', 'stock']],
  ['**/stock+1', ['stock']],
  ['nowhere/*', []],
  ['plugins/readme*', []],
])('the pattern %s finds %j', async (pattern, names) => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit')
  await workspace.plugin('plugins/mail', 'mail')
  await workspace.plugin('plugins/.hidden', 'hidden')
  await workspace.plugin('extra/stock+1', 'stock')
  await workspace.file('plugins/readme.md', 'a file')
  await using relative = await workspace.host([], [pattern])
  expect(relative.plugins.map(({ name }) => name).sort()).toEqual(names)
  expect(relative.problems).toEqual([])
  await relative.stop()
  await using absolute = await workspace.host([], [join(workspace.root, pattern)])
  expect(absolute.plugins.map(({ name }) => name).sort()).toEqual(names)
})

test('patterns that match nothing find nothing, and say where was searched', async () => {
  const workspace = await Workspace.make()
  await using host = await workspace.host(['audit'], ['plugins/*', 'extra/*'])

  expect(String(await failureOf(host))).toContain('There is no plugin "audit". Searched plugins/*, extra/*.')
})

test.each([
  [{ main: './gone.js' }, 'index.js', 'is not there'],
  [{ exports: { './other': './index.js' } }, 'index.js', 'Missing'],
  [{}, 'package.txt', ''],
])('a package whose entry is %j is refused when it is enabled', async (more, _file, message) => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/audit', 'audit', {}, more)
  if (message === '') await workspace.file('plugins/audit/index.js', 'export const plugin = 1')
  await using host = await workspace.host(['audit'])

  const failure = await failureOf(host)
  expect(failure).toMatchObject({ code: 'PLUGIN_IMPORT', plugin: 'audit' })
  expect(String(failure)).toContain(message || 'no default export')
})

test('exports are followed, the default condition as Node would', async () => {
  const workspace = await Workspace.make()
  const exports = { '.': { types: './x.d.ts', default: './lib/main.js' } }
  await workspace.plugin('plugins/audit', 'audit', {}, { main: './index.js', exports })
  await workspace.file('plugins/audit/lib/main.js', source('from_lib'))
  await using host = await workspace.host(['audit'])
  await host.load()

  expect(heard()).toEqual(['from_lib'])
})

test('a module that throws or has a mistake is refused with its name', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/throwing', 'throwing')
  await workspace.file('plugins/throwing/index.js', 'throw new Error("no licence")')
  await workspace.plugin('plugins/mistaken', 'mistaken')
  await workspace.file('plugins/mistaken/index.js', 'export default {')
  await using host = await workspace.host(['throwing', 'mistaken'])

  const error: unknown = await host.load().catch((reason: unknown) => reason)
  const failures: unknown = Reflect.get(Object(error), 'failures')
  expect(failures).toHaveLength(2)
  expect(failures).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ plugin: 'throwing', phase: 'resolve' }),
      expect.objectContaining({ plugin: 'mistaken', phase: 'resolve' }),
    ]),
  )
  expect(String(error)).toContain('no licence')
})

test('a module that never ends its first run is given up, and refused with its name', async () => {
  const workspace = await Workspace.make()
  await workspace.plugin('plugins/hanging', 'hanging')
  await workspace.file('plugins/hanging/index.js', 'await new Promise(() => {})\nexport default {}\n')
  const config = { plugins: ['hanging'], pluginPaths: ['plugins/*'] }
  await using host = await createHost({ cwd: workspace.root, config, env: {}, loadTimeoutMs: 300 })

  await expect(host.load()).rejects.toMatchObject({
    failures: [{ plugin: 'hanging' }],
    phase: 'resolve',
    message: expect.stringContaining('"hanging" did not finish its import within 300 ms'),
  })
})
