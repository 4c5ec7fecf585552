/**
 * Plugins run from TypeScript source, without a build, on the host that is built: in a process of its own, as users do.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { root } from './support/repository.ts'
import { runProcess, type Finished } from './support/run-process.ts'

let workspace = ''

/** A package that offers its source under the condition, and a build that must not be taken. */
const packageWith = (name: string, aldis?: string): string =>
  JSON.stringify({
    name,
    version: '1.0.0',
    type: 'module',
    exports: { '.': { '@aldis/source': './src/index.ts', default: './dist/index.js' } },
    ...(aldis !== undefined && { aldis: { plugin: aldis } }),
  })

const lampSource = `import { signals, SubscriptionMap, type ISignal } from '@aldis/core'
import { flash } from 'lamp-text'
import { suffix } from './suffix.ts'

const lit = signals.ckanext.signal<string>('source_lit')

export default class LampPlugin implements ISignal {
  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap().on(lit, (sender: string): string => flash(sender) + suffix)
  }
}
`

const mainSource = `import { coreCopies, createHost, signals, silentLogger } from '@aldis/core'
const names = process.argv.slice(2)
const config = { plugins: names, pluginPaths: ['plugins/*', 'node_modules/*'] }
const host = await createHost({ config, env: {}, logger: silentLogger })
try {
  await host.load()
  const heard = signals.ckanext.signal('source_lit').send('lamp', {}).map(([, value]) => value)
  console.log(JSON.stringify({ heard, copies: coreCopies().length, conditions: await import.meta.resolve('lamp-text') }))
} catch (error) {
  console.log(JSON.stringify({ code: error.cause?.code, message: error.message }))
}
await host.stop()
`

beforeAll(async () => {
  await mkdir(join(root, 'test/.tmp'), { recursive: true })
  // Below test/, so that @aldis/core is found as any dependency is.
  workspace = await mkdtemp(join(root, 'test/.tmp/source-'))
  const files: Record<string, string> = {
    'pnpm-workspace.yaml': '',
    'main.js': mainSource,
    'package.json': '{ "type": "module" }',
    'plugins/lamp/package.json': packageWith('shop-lamp', 'lamp'),
    'plugins/lamp/src/index.ts': lampSource,
    'plugins/lamp/src/suffix.ts': "export const suffix: string = '!'\n",
    'plugins/lamp/dist/index.js': "throw new Error('the build was taken')\n",
    'libs/lamp-text/package.json': packageWith('lamp-text'),
    'libs/lamp-text/src/index.ts':
      'export const flash = (text: string): string => `flash ${text} from source`\n',
    'libs/lamp-text/dist/index.js': 'export const flash = (text) => `flash ${text} from the build`\n',
    'plugins/coloured/package.json': packageWith('shop-coloured', 'coloured'),
    'plugins/coloured/src/index.ts': 'export enum Colour { Red }\nexport default {}\n',
    'plugins/mistyped/package.json': packageWith('shop-mistyped', 'mistyped'),
    'plugins/mistyped/src/index.ts': 'export default class {\n',
    'plugins/built/package.json': packageWith('shop-built', 'built').replace(
      '"@aldis/source":"./src/index.ts",',
      '',
    ),
    'plugins/built/dist/index.js': `import { signals, SubscriptionMap } from '@aldis/core'
import { flash } from 'lamp-text'
const lit = signals.ckanext.signal('source_lit')
export default { getSignalSubscriptions: () => new SubscriptionMap().on(lit, function built(sender) { return flash(sender) }) }
`,
    'node_modules/installed/package.json': packageWith('installed', 'installed'),
    'node_modules/installed/src/index.ts': 'export default {} as object\n',
    'node_modules/installed/dist/index.js': lampSource
      .replace(', type ISignal', '')
      .replaceAll(/<string>| implements ISignal|: SubscriptionMap|: string/g, '')
      .replace("import { suffix } from './suffix.ts'", "const suffix = ' of the installed'"),
  }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, path)), { recursive: true })
    await writeFile(join(workspace, path), text)
  }
  await symlink('../libs/lamp-text', join(workspace, 'node_modules/lamp-text'))
})

afterAll(() => rm(workspace, { recursive: true, force: true }))

async function run(...plugins: string[]): Promise<{ readonly said: unknown; readonly finished: Finished }> {
  const finished = await runProcess(process.execPath, ['main.js', ...plugins], { cwd: workspace })
  const said: unknown = finished.stdout === '' ? undefined : JSON.parse(finished.stdout)
  return { said, finished }
}

test('a workspace plugin runs from its source, with the sources of what it imports, on the one core', async () => {
  const { said, finished } = await run('lamp')
  expect(finished.stderr).toBe('')
  expect(said).toMatchObject({ heard: ['flash lamp from source!'], copies: 1 })
})

test('the source condition is for plugins alone: the program itself still gets the build', async () => {
  const { said } = await run('lamp')
  expect(said).toMatchObject({ conditions: expect.stringContaining('/dist/index.js') as unknown })
})

test('a plugin without sources runs from its build, an installed one always does', async () => {
  expect((await run('installed')).said).toMatchObject({
    heard: ['flash lamp from the build of the installed'],
    copies: 1,
  })
  expect((await run('built')).said).toMatchObject({ copies: 1 })
})

test('a source that Node cannot erase says what to do', async () => {
  const { said } = await run('coloured')
  expect(said).toMatchObject({ code: 'PLUGIN_IMPORT' })
  expect(JSON.stringify(said)).toContain('Build the package and take the')
})

test('a source with a mistake is told with its plugin', async () => {
  const { said } = await run('mistyped')
  expect(said).toMatchObject({ code: 'PLUGIN_IMPORT' })
  expect(JSON.stringify(said)).toContain('mistyped')
})
