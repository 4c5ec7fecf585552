import { mkdir, readdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

import { makeProject, pluginFiles, runNode, type CliProject } from './support/cli-project.ts'

const files = { 'aldis.config.yaml': '# mine\npluginPaths: [plugins/*]\nplugins: []\n' }

/** Vitest, as a project that has it would run it. */
async function vitest(project: CliProject, path: string): Promise<{ code: number | null; output: string }> {
  const main = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')))
  const { code, stdout, stderr } = await runNode(
    // A machine that runs many files at once stands still for longer than vitest waits for a test by itself.
    [main, 'run', '--testTimeout', '50000', '--root', join(project.folder, path)],
    project.folder,
  )
  return { code, output: stdout + stderr }
}

test('a plugin that was created passes its own test, is enabled, and hears its signals', async () => {
  await using project = await makeProject({ ...files, 'tsconfig.json': '{}' })
  const created = await project.aldis([
    'plugins',
    'create',
    'stock-alerts',
    '--signal',
    'stock_low',
    '--yes',
    '--subscribe',
    'ckan:user_created',
    'ckanext:stock_low',
    'other:thing',
  ])
  expect(created.stdout).toBe(`+ plugins/stock-alerts/package.json
+ plugins/stock-alerts/tsconfig.json
+ plugins/stock-alerts/src/index.ts
+ plugins/stock-alerts/src/index.test.ts
+ plugins/stock-alerts/README.md
`)
  expect(created.code).toBe(0)
  expect(created.stderr).toContain('aldis plugins enable stock_alerts')

  const tested = await vitest(project, 'plugins/stock-alerts')
  expect(tested.output).toContain('2 passed')
  expect(tested.code).toBe(0)

  expect((await project.aldis(['plugins', 'enable', 'stock_alerts'])).code).toBe(0)
  expect(await project.read('aldis.config.yaml')).toContain('# mine\n')
  const source = (await project.read('plugins/stock-alerts/src/index.ts')).split('\n')
  const row = (signal: string, id: string, delivery: string): string => {
    const line = source.findIndex((text) => text.includes(`id: '${id}'`))
    return `${signal}\tstock_alerts:${id}\tany\t${delivery}\t0\tplugins/stock-alerts/src/index.ts:${line}`
  }
  const subscribers = await project.aldis(['subscribers', '--plain'])
  expect(subscribers.stdout.trimEnd().split('\n').slice(1)).toEqual([
    row('ckan:user_created', 'user_created', 'commit'),
    row('ckanext:stock_low', 'stock_low', 'inline'),
    row('other:thing', 'thing', 'inline'),
  ])
  const sent = await project.aldis([
    'send',
    'ckanext:stock_low',
    '--sender',
    'till',
    '--data',
    '{"id":"s-1"}',
    '--debug',
  ])
  expect(sent.code).toBe(0)
  expect(sent.stderr).toContain('"msg":"ckanext:stock_low"')
  expect((await project.aldis(['signals', 'show', 'ckanext:stock_low'])).stdout).toContain(
    'publisher stock_alerts',
  )
})

test('a plugin that was created compiles under strict settings', async () => {
  await using project = await makeProject({
    ...files,
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        target: 'es2024',
        lib: ['es2024', 'esnext.disposable'],
        module: 'nodenext',
        strict: true,
        verbatimModuleSyntax: true,
        erasableSyntaxOnly: true,
        rewriteRelativeImportExtensions: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        noUnusedLocals: true,
        skipLibCheck: true,
        composite: true,
        declaration: true,
        isolatedModules: true,
      },
      files: [],
    }),
  })
  const subscribe = ['ckan:request_started', 'ckan:register_blueprint', 'ckanext:stock_low', 'other:thing']
  await project.aldis([
    'plugins',
    'create',
    'stock_alerts',
    '--signal',
    'stock_low',
    '--subscribe',
    ...subscribe,
  ])
  const tsc = join(fileURLToPath(import.meta.resolve('typescript/package.json')), '../bin/tsc')
  const built = await runNode([tsc, '-p', join(project.folder, 'plugins/stock-alerts')], project.folder)
  expect([built.stdout, built.code]).toEqual(['', 0])
  const config = {
    extends: './tsconfig.json',
    compilerOptions: { noEmit: true },
    include: ['src'],
    exclude: [],
  }
  await project.write('plugins/stock-alerts/tsconfig.test.json', JSON.stringify(config))
  const tested = await runNode(
    [tsc, '-p', join(project.folder, 'plugins/stock-alerts/tsconfig.test.json')],
    project.folder,
  )
  expect([tested.stdout, tested.code]).toEqual(['', 0])
})

test('without wishes it listens to finished requests, and a project without a tsconfig.json gets none', async () => {
  await using project = await makeProject(files)
  const { code, stdout } = await project.aldis(['plugins', 'create', 'echo', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    $schema: 'https://aldis.dev/schemas/plugins-create.v1.json',
    version: 1,
    plugin: 'echo',
    folder: 'plugins/echo',
    files: ['package.json', 'src/index.ts', 'src/index.test.ts', 'README.md'],
    written: true,
  })
  expect((await vitest(project, 'plugins/echo')).code).toBe(0)
  expect((await project.aldis(['plugins', 'enable', 'echo'])).code).toBe(0)
  expect((await project.aldis(['signals', 'show', 'ckan:request_finished'])).stdout).toContain('echo')
})

test('a person is asked for what was not said', async () => {
  await using project = await makeProject(files)
  const answers = ['wake_up', 'ckan:logged_in', '', 'y']
  const { code, stderr } = await project.screen(['plugins', 'create'], { answers })
  expect(code).toBe(0)
  expect(stderr).toContain(`Name of the plugin (such as stock_alerts): wake_up
Signals to listen to (ckan:request_finished): ckan:logged_in
Signal to declare (none): 
Write? [y/N] y
`)
  expect(await project.read('plugins/wake-up/src/index.ts')).toContain('.on(signals.loggedIn, ')
})

test('a dry run shows the files and writes none', async () => {
  await using project = await makeProject(files)
  const { code, stdout } = await project.aldis(['plugins', 'create', 'echo', '--dry-run'])
  expect(code).toBe(0)
  expect(stdout).toContain('+++ plugins/echo/src/index.ts\n+import {')
  expect(await readdir(project.folder)).toEqual(['aldis.config.yaml'])
})

test.each([
  [['../evil'], 2, 'error PLUGIN_NAME_INVALID: "../evil" in this command cannot be a plugin\'s name.'],
  [['__proto__'], 2, 'error PLUGIN_NAME_INVALID'],
  [['file:///x'], 2, 'error PLUGIN_NAME_INVALID'],
  [['Upper'], 2, 'error PLUGIN_NAME_INVALID'],
  [[], 2, 'error CLI_USAGE: Name the plugin: nobody can be asked here.'],
  [['echo', '--subscribe', 'user_created'], 2, 'error CLI_USAGE: "user_created" is not a signal\'s name'],
  [['echo', '--subscribe', "a:b'); process.exit("], 2, 'error CLI_USAGE'],
  [['echo', '--signal', "x' + y"], 2, 'error CLI_USAGE'],
  [
    ['echo', '--signal', 'datastore_upsert'],
    2,
    'error CLI_USAGE: ckanext:datastore_upsert is declared by core.',
  ],
])('plugins create %j is exit %i and writes nothing', async (argv, code, message) => {
  await using project = await makeProject(files)
  const result = await project.aldis(['plugins', 'create', ...argv])
  expect([result.code, result.stdout]).toEqual([code, ''])
  expect(result.stderr).toContain(message)
  expect(await readdir(project.folder)).toEqual(['aldis.config.yaml'])
})

test('what is there already is left alone: a folder, a dangling link, a plugin of that name elsewhere', async () => {
  await using project = await makeProject({ ...files, ...pluginFiles('taken', 'export default {}\n') })
  await mkdir(join(project.folder, 'plugins/empty'))
  await symlink('nowhere', join(project.folder, 'plugins/link'))
  await project.write(
    'plugins/elsewhere/package.json',
    JSON.stringify({ name: 'x', aldis: { plugin: 'roaming' } }),
  )
  for (const name of ['taken', 'empty', 'link', 'roaming']) {
    const { code, stderr } = await project.aldis(['plugins', 'create', name])
    expect([name, code]).toEqual([name, 1])
    expect(stderr).toMatch(/^error PLUGIN_EXISTS: /)
  }
  expect((await readdir(join(project.folder, 'plugins'))).toSorted()).toEqual([
    'elsewhere',
    'empty',
    'link',
    'taken',
  ])
})

test('what cannot be written leaves nothing behind', async () => {
  await using project = await makeProject({ ...files, plugins: 'a file where the folder should be' })
  const { code } = await project.aldis(['plugins', 'create', 'echo'])
  expect(code).toBe(1)
  expect((await readdir(project.folder)).toSorted()).toEqual(['aldis.config.yaml', 'plugins'])
})
