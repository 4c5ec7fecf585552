import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { readConfig, type ConfigInput, type ConfigProblem } from './index.ts'

async function folderWith(text: string, name = 'aldis.config.yaml'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'aldis-read-'))
  await writeFile(join(folder, name), text)
  return folder
}

/** What is wrong with a file of this `text`. */
async function problemsIn(text: string): Promise<readonly ConfigProblem[]> {
  const cwd = await folderWith(text)
  return problemsOf(readConfig({ cwd, env: {} }))
}

/** What a read that must be refused as a whole says. */
async function problemsOf(read: Promise<unknown>): Promise<readonly ConfigProblem[]> {
  const error: unknown = await read.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
  const problems: unknown = Reflect.get(Object(error), 'problems')
  return isProblems(problems) ? problems : []
}

const isProblems = (value: unknown): value is ConfigProblem[] => Array.isArray(value)

/** Values as a program could give them that did not ask the compiler. */
function untyped(json: string): ConfigInput {
  const values: unknown = JSON.parse(json)
  return isInput(values) ? values : {}
}

const isInput = (value: unknown): value is ConfigInput => typeof value === 'object'

const line = ({ where, message }: ConfigProblem): string => `${where}  ${message}`

test('a file is read with its defaults, and every value says where it comes from', async () => {
  const cwd = await folderWith('# The shop.\nplugins:\n  - shop\nsettings:\n  shop:\n    currency: EUR\n')
  const config = await readConfig({ cwd, env: {} })

  expect(config.values).toEqual({
    plugins: ['shop'],
    pluginPaths: ['plugins/*', 'node_modules/*', 'node_modules/@*/*'],
    settings: { shop: { currency: 'EUR' } },
    onPluginFailure: 'abort',
  })
  expect(config.path).toBe(join(cwd, 'aldis.config.yaml'))
  expect(config.root).toBe(cwd)
  expect(Object.fromEntries(config.origins)).toEqual({
    plugins: 'aldis.config.yaml:2',
    settings: 'aldis.config.yaml:4',
    'settings.shop': 'aldis.config.yaml:5',
    'settings.shop.currency': 'aldis.config.yaml:6',
    pluginPaths: 'default',
    onPluginFailure: 'default',
  })
})

test('JSON is YAML too', async () => {
  const cwd = await folderWith('{ "plugins": ["shop"] }', 'shop.json')
  expect((await readConfig({ cwd, env: {}, config: 'shop.json' })).values.plugins).toEqual(['shop'])
})

test.each(['', '# nothing\n', 'plugins:\nsettings:\n', 'plugins:\n  # - shop\nsettings:\n  shop:\n'])(
  'keys with nothing after them say nothing: %j',
  async (text) => {
    const { values } = await readConfig({ cwd: await folderWith(text), env: {} })
    expect([values.plugins, values.settings]).toEqual([[], {}])
  },
)

test('a file that is not there is named, with the two ways to name another', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'aldis-read-'))
  await expect(readConfig({ cwd, env: {} })).rejects.toMatchObject({
    code: 'CONFIG_NOT_FOUND',
    path: join(cwd, 'aldis.config.yaml'),
  })
  await expect(readConfig({ cwd, env: { ALDIS_CONFIG: 'other.yaml' } })).rejects.toMatchObject({
    path: join(cwd, 'other.yaml'),
  })
})

test('a folder in place of the file is a problem of the configuration', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'aldis-read-'))
  await mkdir(join(cwd, 'aldis.config.yaml'))
  expect((await problemsOf(readConfig({ cwd, env: {} })))[0]?.message).toContain('cannot be read')
})

test('ALDIS_CONFIG names the file, the option before it, and nothing is nothing', async () => {
  const cwd = await folderWith('plugins: [standard]\n')
  await writeFile(join(cwd, 'env.yaml'), 'plugins: [env]\n')
  await writeFile(join(cwd, 'option.yaml'), 'plugins: [option]\n')
  const pluginsWith = async (env: string, config?: string): Promise<string[]> =>
    (await readConfig({ cwd, env: { ALDIS_CONFIG: env }, ...(config && { config }) })).values.plugins

  expect(await pluginsWith('env.yaml')).toEqual(['env'])
  expect(await pluginsWith('env.yaml', 'option.yaml')).toEqual(['option'])
  expect(await pluginsWith('')).toEqual(['standard'])
})

test('what is not YAML is told with file and line', async () => {
  const [problem] = await problemsIn('plugins:\n  - shop\n  "unclosed\n')
  expect(problem?.where).toMatch(/^aldis\.config\.yaml:[34]$/)
})

test.each([
  ['plugins: [a]\nplugins: [b]\n', 'aldis.config.yaml:2', 'unique'],
  ['- plugins\n', 'aldis.config.yaml', 'is a map'],
  ['just text\n', 'aldis.config.yaml', 'is a map'],
  [
    'a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c]\n',
    '',
    'alias',
  ],
])('a file that cannot be a configuration is refused: %j', async (text, where, message) => {
  const [problem] = await problemsIn(text)
  expect(problem?.where).toContain(where)
  expect(problem?.message).toContain(message)
})

test('all that is wrong is told together, with its line and what was probably meant', async () => {
  const problems = await problemsIn(
    'plugin: [shop]\npluginPaths: 3\nonPluginFailure: stop\nsettings:\n  Bad-Name: {}\n  shop: 7\n',
  )
  expect(problems.map(line)).toEqual([
    expect.stringMatching(/^aldis\.config\.yaml:2 {2}pluginPaths {2}.*expected array/),
    expect.stringMatching(/^aldis\.config\.yaml:5 {2}settings\.Bad-Name {2}not a plugin name/),
    expect.stringMatching(/^aldis\.config\.yaml:6 {2}settings\.shop {2}.*expected record/),
    expect.stringMatching(/^aldis\.config\.yaml:3 {2}onPluginFailure/),
    'aldis.config.yaml:1  plugin  unknown key. Did you mean "plugins"?',
  ])
})

test.each([
  ['__proto__: { polluted: true }\n', 1],
  ['settings:\n  shop:\n    deep:\n      - __proto__: { polluted: true }\n', 4],
  ['settings:\n  shop: { "constructor": { prototype: { polluted: true } } }\n', 2],
  ['settings:\n  constructor: { a: 1 }\n', 2],
  ['settings:\n  shop:\n    prototype: 1\n', 3],
  ['name: &p __proto__\nsettings:\n  shop:\n    ? *p\n    : { polluted: true }\n', 3],
])('the keys of prototypes are refused at any depth of a file (P10): %j', async (text, at) => {
  const [problem] = await problemsIn(text)
  expect(problem?.where).toBe(`aldis.config.yaml:${at}`)
  expect(problem?.message).toMatch(/__proto__|constructor|prototype/)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

test.each([
  '{"__proto__":{"polluted":true}}',
  '{"settings":{"shop":{"a":[{"constructor":{"prototype":{"polluted":true}}}]}}}',
  '{"settings":{"__proto__":{"polluted":true}}}',
])('the keys of prototypes are refused at any depth of given values (P10): %s', async (json) => {
  const [problem] = await problemsOf(readConfig({ config: untyped(json), env: {} }))
  expect(problem?.message).toContain('is not allowed anywhere')
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

test.each([
  ['ALDIS_SETTINGS__shop__constructor', '1', 'not allowed'],
  ['ALDIS_SETTINGS__shop__a', '{"__proto__": {"polluted": true}}', 'not allowed'],
  ['ALDIS_SETTINGS____proto____polluted', 'true', "cannot be a plugin's name"],
  ['ALDIS_SETTINGS__constructor__prototype', '1', "cannot be a plugin's name"],
  ['ALDIS_SETTINGS__shop____proto__', '1', 'ALDIS_SETTINGS__<plugin>__<key>'],
  ['ALDIS_SETTINGS__shop', '1', 'ALDIS_SETTINGS__<plugin>__<key>'],
  ['ALDIS_SETTINGS__SHOP__port', '1', "cannot be a plugin's name"],
  ['ALDIS_SETTINGS__shop__port', '{ unclosed', 'not YAML'],
])('the variable %s=%s is refused', async (name, value, message) => {
  const problems = await problemsOf(readConfig({ config: {}, env: { [name]: value } }))
  expect(problems).toMatchObject([{ where: `env ${name}` }])
  expect(problems[0]?.message).toContain(message)
  expect(Reflect.get({}, 'polluted')).toBeUndefined()
})

test('variables write over single settings, read as YAML, and say so', async () => {
  const cwd = await folderWith('plugins: [a]\nsettings:\n  shop: { port: 1, host: here }\n')
  const env = {
    ALDIS_SETTINGS__shop__port: '8080',
    ALDIS_SETTINGS__shop__tls__on: 'true',
    ALDIS_SETTINGS__mail__to: '[a, b]',
    ALDIS_PLUGINS: 'shop, mail  audit',
  }
  const { values, origins } = await readConfig({ cwd, env })

  expect(values.settings).toEqual({
    shop: { port: 8080, host: 'here', tls: { on: true } },
    mail: { to: ['a', 'b'] },
  })
  expect(values.plugins).toEqual(['shop', 'mail', 'audit'])
  expect(origins.get('plugins')).toBe('env ALDIS_PLUGINS')
  expect(origins.get('settings.shop.port')).toBe('env ALDIS_SETTINGS__shop__port')
  expect(origins.get('settings.shop.host')).toBe('aldis.config.yaml:3')
})

test('ALDIS_PLUGINS replaces the list whole, also with nothing', async () => {
  const { values } = await readConfig({ config: { plugins: ['a', 'b'] }, env: { ALDIS_PLUGINS: '' } })
  expect(values.plugins).toEqual([])
})

test('given values are copied', async () => {
  const shop = { currency: 'EUR' }
  const { values, origins } = await readConfig({ config: { settings: { shop } }, env: {} })
  shop.currency = 'USD'

  expect(values.settings['shop']).toEqual({ currency: 'EUR' })
  expect(origins.get('settings.shop.currency')).toBe('given')
})

test('values may go round in circles, given or in a file', async () => {
  const shop: Record<string, unknown> = {}
  shop['self'] = shop
  const given = await readConfig({ config: { settings: { shop } }, env: {} })
  expect(given.values.settings['shop']).toHaveProperty('self.self.self')

  const cwd = await folderWith('settings:\n  shop: &shop\n    self: *shop\n')
  expect((await readConfig({ cwd, env: {} })).values.settings['shop']).toHaveProperty('self.self.self')
})

test('a function in given values is refused by its path', async () => {
  const config = { settings: { shop: { transport: () => 0 } } }
  expect(await problemsOf(readConfig({ config, env: {} }))).toMatchObject([
    { where: 'settings.shop.transport' },
  ])
})

test('a setting of the environment reaches one plugin alone, where two share a YAML alias', async () => {
  const cwd = await folderWith('settings:\n  one: &shared { db: { url: a } }\n  two: *shared\n')
  const { values } = await readConfig({ cwd, env: { ALDIS_SETTINGS__one__db__url: 'changed' } })

  expect(values.settings).toEqual({ one: { db: { url: 'changed' } }, two: { db: { url: 'a' } } })
})
