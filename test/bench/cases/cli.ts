import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

import { root } from '../../support/repository.ts'
import { judge, type Bar, type Bench, type Case } from '../case.ts'
import { takeTurns } from '../race.ts'

const PLUGINS = 10

/** What each command runs, and how it may compare with a Node that does nothing. */
const commands: readonly (readonly [name: string, args: readonly string[], bar: Bar])[] = [
  ['aldis --version', ['--version'], '<= 2'],
  [`aldis signals list, ${PLUGINS} plugins`, ['signals', 'list'], '<= 6'],
]

/** What a person waits for: the wall time of whole processes, with what Node has compiled before in its cache. */
export const cli: Bench = {
  name: 'cli',
  async run({ smoke, rounds }) {
    const folder = join(root, 'test/.tmp', `bench-cli-${process.pid}`)
    try {
      makeProject(folder)
      const main = aldisMain()
      const runners = [
        { name: 'node -e 0', sample: async () => wallTime(folder, ['-e', '0']) },
        ...commands.map(([name, args]) => ({ name, sample: async () => wallTime(folder, [main, ...args]) })),
      ]
      // The first runs fill the compile cache.
      await takeTurns(runners, smoke ? 1 : 3)
      const result = await takeTurns(runners, smoke ? 1 : Math.ceil(rounds / 4))
      return commands.map(([name, , bar]): Case => {
        const ratio = result.ratio(name, 'node -e 0')
        const [value, baseline] = [result.median(name), result.median('node -e 0')]
        return judge({ name: `cli, ${name} / node -e 0`, value, unit: 'ms', baseline, ratio, bar })
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}

/** The file that the package's `bin` names. */
function aldisMain(): string {
  const manifest = import.meta.resolve('@aldis/cli/package.json')
  const { bin } = z
    .object({ bin: z.object({ aldis: z.string() }) })
    .parse(JSON.parse(readFileSync(fileURLToPath(manifest), 'utf8')))
  return fileURLToPath(new URL(bin.aldis, manifest))
}

/** A project with small plugins, inside the repository so that they find `@aldis/core`. */
function makeProject(folder: string): void {
  const names = Array.from({ length: PLUGINS }, (_, index) => `bench_${index}`)
  for (const [index, name] of names.entries()) {
    const plugin = join(folder, 'plugins', `bench-${index}`)
    mkdirSync(plugin, { recursive: true })
    writeFileSync(
      join(plugin, 'package.json'),
      JSON.stringify({
        name: `aldis-plugin-bench-${index}`,
        version: '1.0.0',
        type: 'module',
        exports: './index.js',
        aldis: { plugin: name },
      }),
    )
    writeFileSync(join(plugin, 'index.js'), pluginSource(name))
  }
  writeFileSync(
    join(folder, 'aldis.config.yaml'),
    `pluginPaths:\n  - plugins/*\nplugins:\n${names.map((name) => `  - ${name}\n`).join('')}`,
  )
}

const pluginSource = (name: string): string => `import { signals, SubscriptionMap } from '@aldis/core'

const happened = signals.ckanext.signal('${name}_happened')

export default class BenchPlugin {
  getSignalSubscriptions() {
    return new SubscriptionMap()
      .on(happened, function whenHappened() {})
      .on(signals.requestFinished, function whenRequested() {})
  }
}
`

/** How long Node runs with `args` in `folder`, in milliseconds. */
function wallTime(folder: string, args: readonly string[]): number {
  const start = performance.now()
  const { status, error, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  const elapsed = performance.now() - start
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`node ${args.join(' ')} exited with ${status}: ${stderr}`)
  return elapsed
}
