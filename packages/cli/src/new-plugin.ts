import { folderNameOf } from '@aldis/core'

/** A signal that a new plugin listens to. */
export interface ListenedSignal {
  /** `namespace:name`. */
  readonly key: string
  /** The toolkit's constant, such as `userCreated`, for core's own. */
  readonly constant: string | undefined
}

/** What a new plugin is to be. */
export interface NewPlugin {
  readonly name: string
  readonly listensTo: readonly ListenedSignal[]
  /** The name, inside `ckanext`, of a signal that it declares. */
  readonly declares: string | undefined
  readonly workspace: Workspace
}

/** What the plugin's surroundings are like. */
export interface Workspace {
  /** Whether there is a tsconfig.json to extend. */
  readonly tsconfig: boolean
  /** Whether core is a package of the same workspace, with a tsconfig.json to refer to. */
  readonly coreInside: boolean
  /** The command that installs the dependencies of a new package. */
  readonly install: string
  /** The version of a dependency, as the workspace writes it. */
  readonly versionOf: (dependency: string) => string
}

/** The files of the package of `plugin`, by their paths in its folder. */
export function filesOf(plugin: NewPlugin): ReadonlyMap<string, string> {
  return new Map([
    ['package.json', json(manifest(plugin))],
    ...(plugin.workspace.tsconfig ? [['tsconfig.json', compact(tsconfig(plugin))] as const] : []),
    ['src/index.ts', source(plugin)],
    ['src/index.test.ts', test(plugin)],
    ['README.md', readme(plugin)],
  ])
}

/** The name of the plugin's package. */
function packageNameOf({ name }: Pick<NewPlugin, 'name'>): string {
  return `aldis-plugin-${folderNameOf(name)}`
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
/** With lists of texts on one line, as formatters write them. */
const compact = (value: unknown): string => json(value).replace(/\[\s+([^[\]{}]*?)\s+\]/g, '[$1]')

const pascal = (name: string): string =>
  name.replace(/(?:^|_)([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())

const camel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase())

/** The constant of a signal of the plugin's own: never a word of the language, never what the source imports. */
const constantOf = (name: string): string =>
  name.includes('_') && name !== 'settings_of' ? camel(name) : `${camel(name)}Signal`

const keysOf = ({ listensTo }: NewPlugin): string => listensTo.map(({ key }) => key).join(' and ')

/** Whether the source names a namespace that the toolkit does not have, or a signal of its own. */
const needsSignals = ({ declares, listensTo }: NewPlugin): boolean =>
  declares !== undefined || listensTo.some(({ key }) => !/^ckan(?:ext)?:/.test(key))

function manifest(plugin: NewPlugin): object {
  const { name, workspace } = plugin
  const versions = (names: readonly string[]): Record<string, string> =>
    Object.fromEntries(names.map((each) => [each, workspace.versionOf(each)]))
  const entry = workspace.tsconfig
    ? { '@aldis/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }
    : './src/index.ts'
  return {
    name: packageNameOf(plugin),
    version: '0.1.0',
    description: `Logs ${keysOf(plugin)}.`,
    type: 'module',
    engines: { node: '>=24' },
    aldis: { plugin: name },
    exports: { '.': entry, './package.json': './package.json' },
    files: workspace.tsconfig ? ['dist', '!dist/.tsbuildinfo', 'src', '!src/**/*.test.ts'] : ['src'],
    scripts: { ...(workspace.tsconfig && { build: 'tsc -b' }), test: 'vitest run' },
    dependencies: versions(['@aldis/core', ...(needsSignals(plugin) ? ['@aldis/signals'] : []), 'zod']),
    devDependencies: versions(['@types/node', ...(workspace.tsconfig ? ['typescript'] : []), 'vitest']),
  }
}

function tsconfig({ workspace }: NewPlugin): object {
  return {
    extends: '../../tsconfig.json',
    compilerOptions: {
      rootDir: 'src',
      outDir: 'dist',
      tsBuildInfoFile: 'dist/.tsbuildinfo',
      types: ['node'],
    },
    include: ['src/**/*.ts'],
    exclude: ['src/**/*.test.ts'],
    ...(workspace.coreInside && { references: [{ path: '../../packages/core' }] }),
  }
}

function source(plugin: NewPlugin): string {
  const { name, declares, listensTo } = plugin
  const className = `${pascal(name)}Plugin`
  const others = listensTo.some(({ key }) => !/^ckan(?:ext)?:/.test(key))
  const fromSignals = [
    ...(others ? [`namespace${declares === undefined ? '' : ', type Signal'}`] : []),
    ...(declares === undefined || others ? [] : ['Signal']),
  ].join('')
  const declared = declares === undefined ? '' : declaration(declares)
  const subscriptions = subscriptionsOf(plugin)
    .map(
      ({ key, id, expression }) =>
        `      .on(${expression}, (_sender, payload) => this.#log({ payload }, '${key}'), {\n        id: '${id}',\n      })\n`,
    )
    .join('')
  return `import { PluginContext, settingsOf, signals, SubscriptionMap, type Injected } from '@aldis/core'
${fromSignals === '' ? '' : `import ${others ? '' : 'type '}{ ${fromSignals} } from '@aldis/signals'\n`}import { z } from 'zod'

/** What \`settings.${name}\` of the configuration may say. */
export const Settings = z.object({
  /** The level of the lines that it logs. */
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
})
${declared}
/** Logs ${keysOf(plugin)}. */
export default class ${className} {
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings)] as const

  readonly #log: (fields: object, message: string) => void

  constructor(...[{ logger }, { level }]: Injected<typeof ${className}.inject>) {
    this.#log = (fields, message) => logger[level](fields, message)
  }

  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap()
${subscriptions.trimEnd()}
  }
}
`
}

/** The declaration of a signal of the plugin's own. */
function declaration(name: string): string {
  const payload = `${pascal(name)}Payload`
  return `
/** The payload of {@link ${constantOf(name)}}. */
export const ${payload} = z.object({ id: z.string() }).readonly()

/** Say here at which moment it is sent, and by whom. */
export const ${constantOf(name)}: Signal<string, z.output<typeof ${payload}>> = signals.ckanext.declare(
  '${name}',
  { doc: 'Say in one sentence what has happened.', payload: ${payload} },
)
`
}

/** The subscriptions, each with an id of its own and the expression for its signal. */
function subscriptionsOf({
  listensTo,
  declares,
}: NewPlugin): { key: string; id: string; expression: string }[] {
  return listensTo.map(({ key, constant }) => {
    const [space = '', signal = ''] = key.split(':')
    const same = listensTo.filter((other) => other.key.split(':')[1] === signal)
    const owner = /^ckan(?:ext)?$/.test(space) ? `signals.${space}` : `namespace('${space}')`
    const named = constant === undefined ? `${owner}.signal('${signal}')` : `signals.${constant}`
    return {
      key,
      id: same.length > 1 ? `${space}_${signal}` : signal,
      expression: key === `ckanext:${declares}` ? constantOf(signal) : named,
    }
  })
}

function test(plugin: NewPlugin): string {
  const { name, listensTo } = plugin
  const className = `${pascal(name)}Plugin`
  const keys = `[${listensTo.map(({ key }) => `'${key}'`).join(', ')}]`
  return `import { silentLogger, type Logger } from '@aldis/core'
import { usePlugin } from '@aldis/core/testing'
import { expect, test } from 'vitest'

import ${className} from './index.ts'

const heard = ${keys}

test('listens to ${keysOf(plugin)}', async () => {
  await using host = await usePlugin({ name: '${name}', plugin: ${className} })
  const subscriptions = host.plugins.flatMap((plugin) => plugin.subscriptions)
  expect(subscriptions.map(({ signal }) => String(signal))).toEqual(heard)
})

test('logs a line at the level of its settings', async () => {
  const lines: (string | undefined)[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => lines.push(message),
    child: () => logger,
  }
  const options = { logger, settings: { level: 'warn' } }
  await using host = await usePlugin({ name: '${name}', plugin: ${className} }, options)
  for (const subscription of host.plugins.flatMap((plugin) => plugin.subscriptions)) {
    subscription.call('a sender', { example: true })
  }
  expect(lines).toEqual(heard)
})
`
}

function readme(plugin: NewPlugin): string {
  const { name, declares } = plugin
  return `# ${packageNameOf(plugin)}

Logs ${keysOf(plugin)}.

\`\`\`sh
aldis plugins enable ${name}
aldis subscribers --plugin ${name}
\`\`\`

Settings, in \`aldis.config.yaml\`:

\`\`\`yaml
settings:
  ${name}:
    level: info    # debug, info, warn or error
\`\`\`
${declares === undefined ? '' : `\nIt declares the signal \`ckanext:${declares}\`: \`aldis signals show ckanext:${declares}\`.\n`}`
}
