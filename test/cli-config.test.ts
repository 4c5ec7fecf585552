import { chmod, mkdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { makeProject, pluginFiles } from './support/cli-project.ts'

const empty = 'export default {}\n'
const Values = z.object({ values: z.array(z.looseObject({ key: z.string() })) })
const config = `# what runs
pluginPaths: [plugins/*]
plugins:
  - base    # first
  # sells
  - shop
settings: {}
`
const files = {
  ...pluginFiles('base', empty),
  ...pluginFiles('shop', empty, { requires: { base: '^1.0.0' } }),
  ...pluginFiles('mail', empty),
  ...pluginFiles('crm', empty, { requires: { reports: '*' } }),
  ...pluginFiles('reports', empty, { requires: { shop: '*' } }),
  ...pluginFiles('future', empty, { requires: { base: '^2.0.0' } }),
  'aldis.config.yaml': config,
}

test('plugins enable adds a line to the configuration and keeps its comments', async () => {
  await using project = await makeProject(files)
  const { code, stdout, stderr } = await project.aldis(['plugins', 'enable', 'mail', '--after', 'base'])
  expect(stdout).toBe(
    `--- aldis.config.yaml
+++ aldis.config.yaml
@@ -3,4 +3,5 @@
 plugins:
   - base    # first
+  - mail
   # sells
   - shop
`.replace('@@ -3,4 +3,5 @@', '@@ -3,4 +3,5 @@'),
  )
  expect(stderr).toBe('mail is enabled. A running host has to be restarted to see it.\n')
  expect(code).toBe(0)
  expect(await project.read('aldis.config.yaml')).toBe(config.replace('# first\n', '# first\n  - mail\n'))
  expect((await project.aldis(['plugins', 'list', '--plain'])).stdout).toContain('mail')
})

test('enabling a plugin that keeps data says how its tables are made', async () => {
  const keeps = `import '@aldis/models'
export default { getModels: () => ({ entities: [], migrations: [] }) }
`
  await using project = await makeProject({ ...files, ...pluginFiles('mail', keeps) })
  const { stderr } = await project.aldis(['plugins', 'enable', 'mail'])
  expect(stderr).toBe(
    'mail is enabled. It may need tables: stop the host, run "aldis db upgrade", and start it again.\n',
  )
})

test('a plugin whose requirement is off, missing or of another version is not enabled', async () => {
  await using project = await makeProject(files)
  const off = await project.aldis(['plugins', 'enable', 'reports'])
  expect(off.code).toBe(0)
  const missing = await project.aldis(['plugins', 'enable', 'future'])
  expect([missing.code, missing.stdout]).toEqual([1, ''])
  expect(missing.stderr).toBe(
    'error PLUGIN_NEEDS: future stays off: The plugin "future" requires "base" ^2.0.0; there is 1.0.0.\n',
  )
  await project.aldis(['plugins', 'disable', 'reports'])
  const first = await project.aldis(['plugins', 'enable', 'crm'])
  expect(first.code).toBe(1)
  expect(first.stderr).toContain('First: aldis plugins enable reports')
  expect(await project.read('aldis.config.yaml')).toBe(config)
})

test('a plugin that others require is not disabled without --cascade', async () => {
  await using project = await makeProject(files)
  const { code, stderr } = await project.aldis(['plugins', 'disable', 'base'])
  expect(code).toBe(1)
  expect(stderr).toBe('error PLUGIN_IN_USE: base is required by shop. Add --cascade to disable that too.\n')
  expect(await project.read('aldis.config.yaml')).toBe(config)
  const cascade = await project.aldis(['plugins', 'disable', 'base', '--cascade', '--json'])
  expect(JSON.parse(cascade.stdout)).toMatchObject({
    $schema: 'https://aldis.dev/schemas/plugins-change.v1.json',
    changed: true,
    written: true,
    disabled: ['shop', 'base'],
  })
  expect((await project.aldis(['plugins', 'list', '--json'])).stdout).toContain('"plugins": []')
})

test('a dry run writes nothing, and what is so already is not changed', async () => {
  await using project = await makeProject(files)
  expect((await project.aldis(['plugins', 'disable', 'shop', '--dry-run'])).stdout).toContain('-  - shop')
  expect(await project.read('aldis.config.yaml')).toBe(config)
  expect(await project.aldis(['plugins', 'enable', 'shop'])).toEqual({
    code: 0,
    stdout: '',
    stderr: 'Nothing to change.\n',
  })
})

test('a person is asked before anything is written; a script is not', async () => {
  await using project = await makeProject(files)
  const no = await project.screen(['plugins', 'enable', 'mail'], { answers: ['n'] })
  expect([no.code, no.stderr]).toEqual([
    130,
    'Write aldis.config.yaml? [y/N] n\nerror CLI_INTERRUPTED: Interrupted; nothing was changed.\n',
  ])
  expect(await project.read('aldis.config.yaml')).toBe(config)
  expect(
    (await project.screen(['plugins', 'enable', 'mail', '--yes'], { answers: ['not asked'] })).code,
  ).toBe(0)
  expect((await project.screen(['plugins', 'disable', 'mail'], { answers: ['y'] })).code).toBe(0)
  expect(await project.read('aldis.config.yaml')).toBe(config)
})

test.each(['../evil', '__proto__', 'file:///x', 'nobody'])(
  'enabling %j is refused and nothing is written',
  async (name) => {
    await using project = await makeProject(files)
    const { code, stdout, stderr } = await project.aldis(['plugins', 'enable', name])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/^error CLI_NOT_FOUND: There is no plugin "[^\n]+\n$/)
    expect(await project.read('aldis.config.yaml')).toBe(config)
  },
)

test('editing keeps the mode of the file and leaves a link to it a link', async () => {
  await using project = await makeProject(files)
  const real = join(project.folder, 'real.yaml')
  await project.write('real.yaml', config)
  await chmod(real, 0o600)
  await mkdir(join(project.folder, 'sub'))
  await symlink(real, join(project.folder, 'linked.yaml'))
  expect((await project.aldis(['-c', 'linked.yaml', 'plugins', 'enable', 'mail'])).code).toBe(0)
  expect(await project.read('real.yaml')).toContain('- mail')
  expect((await stat(real)).mode & 0o777).toBe(0o600)
})

test('config print shows every value, where it is from, and no secret', async () => {
  const schema = `import { z } from 'zod'
export default class Portal {
  static settings = z.object({
    port: z.number().default(5000),
    sessionPhrase: z.string().meta({ secret: true }),
    tokenName: z.string().meta({ secret: false }).default('t'),
    apiKey: z.string().optional(),
    origins: z.array(z.string().transform((text) => text.trim())).default([]),
    since: z.date().optional(),
  })
}
`
  await using project = await makeProject({
    ...pluginFiles('portal', schema),
    'aldis.config.yaml':
      'pluginPaths: [plugins/*]\nplugins: [portal]\nsettings:\n  portal:\n    sessionPhrase: open sesame\n    apiKey: k-1\n  gone:\n    password: pw\n    "": x\n',
  })
  const env = { ALDIS_SETTINGS__portal__port: '8080' }
  const { code, stdout } = await project.aldis(['config', 'print', '--origin', '--plain'], { env })
  expect(code).toBe(0)
  expect(stdout).not.toMatch(/sesame|k-1|pw/)
  const rows = stdout.split('\n').map((line) => line.split('\t'))
  const row = (key: string): string[] | undefined => rows.find(([first]) => first === key)?.slice(1)
  expect(row('settings.portal.port')).toEqual(['8080', 'env ALDIS_SETTINGS__portal__port'])
  expect(row('settings.portal.sessionPhrase')).toEqual(['******** (secret)', 'aldis.config.yaml:5'])
  expect(row('settings.portal.apiKey')?.[0]).toBe('******** (secret)')
  expect(row('settings.gone.password')?.[0]).toBe('******** (secret)')
  expect(row('settings.portal.tokenName')).toEqual(['"t"', 'default (portal 1.0.0)'])
  expect(row('settings.portal.origins')).toEqual(['[]', 'default (portal 1.0.0)'])
  const info = await project.aldis(['plugins', 'info', 'portal'])
  expect(info.stdout.slice(info.stdout.indexOf('Settings'))).toMatch(
    /origins +string\[\]\n +since +anything\n/,
  )
  const json = await project.aldis(['config', 'print', '--json'])
  expect(json.stdout).not.toMatch(/sesame|k-1|pw/)
  const { values } = Values.parse(JSON.parse(json.stdout))
  expect(values.find(({ key }) => key === 'settings.portal.sessionPhrase')).toEqual({
    key: 'settings.portal.sessionPhrase',
    value: null,
    secret: true,
    origin: 'aldis.config.yaml:5',
  })
})

test('config print hides the settings of plugins that are not loaded or refuse them, whatever their names', async () => {
  const schema = `import { z } from 'zod'
export default class Portal {
  static settings = z.strictObject({ sessionPhrase: z.string().meta({ secret: true }), port: z.number() })
}
`
  await using project = await makeProject({
    ...pluginFiles('portal', schema),
    'aldis.config.yaml':
      'pluginPaths: [plugins/*]\nplugins: [portal]\nsettings:\n  portal:\n    sessionPhrase: open sesame\n    port: no number\n  gone:\n    phrase: sesame\n    to: { it: sesame }\n',
  })
  const { stdout, stderr } = await project.aldis(['config', 'print', '--plain'])
  const json = await project.aldis(['config', 'print', '--json'])
  expect(stdout + stderr + json.stdout + json.stderr).not.toContain('sesame')
  expect(stdout).toContain('settings.portal.sessionPhrase\t******** (secret)')
  expect(stdout).toContain('settings.gone.to\t******** (secret)')
})

test('config check is exit 4 for what is wrong in the file, and for settings that a plugin refuses', async () => {
  const schema = `import { z } from 'zod'
export default class Portal { static settings = z.object({ port: z.number() }) }
`
  await using project = await makeProject({
    ...pluginFiles('portal', schema),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [portal]\nsettings:\n  portal:\n    port: x\n',
    'typo.yaml': 'plugin: [portal]\n__proto__: {}\n',
  })
  const settings = await project.aldis(['config', 'check'])
  expect([settings.code, settings.stdout]).toEqual([
    4,
    expect.stringContaining('aldis.config.yaml:5  settings.portal.port'),
  ])
  const typo = await project.aldis(['-c', 'typo.yaml', 'config', 'check', '--json'])
  expect(typo.code).toBe(4)
  expect(JSON.parse(typo.stdout)).toMatchObject({ ok: false, problems: [{ where: 'typo.yaml:2' }] })
  expect((await project.aldis(['-c', 'typo.yaml', 'signals', 'list'])).code).toBe(4)
  expect((await project.aldis(['-c', 'nowhere.yaml', 'config', 'check'])).code).toBe(4)
  expect(
    (await project.aldis(['config', 'check'], { env: { ALDIS_SETTINGS__portal__port: '1' } })).code,
  ).toBe(0)
})

test('config check is exit 4 for plugins that are nowhere, and says where the list of them is written', async () => {
  await using project = await makeProject(files)
  const env = { ALDIS_PLUGINS: 'base,shpo,../evil' }

  const { code, stdout } = await project.aldis(['config', 'check'], { env })

  expect(code).toBe(4)
  expect(stdout).toContain('There is no plugin "shpo". Did you mean "shop"?')
  expect(stdout).toContain('"../evil" in env ALDIS_PLUGINS cannot be a plugin\'s name')
})
