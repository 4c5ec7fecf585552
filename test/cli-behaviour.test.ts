import { spawn } from 'node:child_process'
import { expect, test } from 'vitest'

import { aldisMain, exitCode, makeProject, pluginFiles, runNode } from './support/cli-project.ts'
import { root } from './support/repository.ts'

const listener = `import { signals, SubscriptionMap } from '@aldis/core'
export default { getSignalSubscriptions: () => new SubscriptionMap().on(signals.ckanext.signal('typo'), function heard() {}) }
`
const files = {
  ...pluginFiles('ear', listener),
  'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [ear]\n',
}

test.each([
  [['sgnals'], 2, "error CLI_USAGE: unknown command 'sgnals'\n(Did you mean signals?)\n"],
  [['signals', 'lst'], 2, "error CLI_USAGE: unknown command 'lst'\n"],
  [['signals', 'list', '--jsn'], 2, "error CLI_USAGE: unknown option '--jsn'\n(Did you mean --json?)\n"],
  [['signals', 'show'], 2, "error CLI_USAGE: missing required argument 'name'\n"],
  [['signals'], 2, 'Usage: aldis signals'],
  [['signals', 'show', 'ear:x'], 3, 'error CLI_NOT_FOUND: '],
  [['plugins', 'info', 'eer'], 3, 'error CLI_NOT_FOUND: There is no plugin "eer". Did you mean ear?\n'],
  [['-c', 'no.yaml', 'plugins', 'list'], 4, 'error CONFIG_NOT_FOUND: '],
  [['--cwd', '/', 'run'], 4, 'error CONFIG_NOT_FOUND: '],
])('aldis %j is exit %i', async (argv, code, message) => {
  await using project = await makeProject(files)
  const result = await project.aldis(argv)
  expect([result.code, result.stdout]).toEqual([code, ''])
  expect(result.stderr.slice(0, message.length)).toBe(message)
})

test('a required plugin that fails ends run with exit 5 and one line, and the stack only with --debug', async () => {
  await using project = await makeProject({
    ...pluginFiles('bad', 'throw new Error("no luck")\n'),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [bad]\n',
  })
  const { code, stdout, stderr } = await project.aldis(['run'])
  expect([code, stdout]).toEqual([5, ''])
  expect(stderr).toMatch(/^error PLUGIN_LOAD: [^\n]*no luck[^\n]*\n$/)
  expect((await project.aldis(['run', '--debug'])).stderr).toContain('    at ')
})

test('--version prints the version and nothing of plugins is loaded', async () => {
  const { code, stdout } = await runNode(
    ['--import', `data:text/javascript,${encodeURIComponent(loadedModules)}`, aldisMain, '--version'],
    '/',
  )
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\nloaded: main\.js version\.js\n$/)
})

/** Prints, at the end, what was loaded beside Node's own. */
const loadedModules = `
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load(url, context, next) { if (url.startsWith('file:')) loaded.push(url.split('/').at(-1)); return next(url, context) } })
process.on('exit', () => console.log('loaded: ' + loaded.join(' ')))
`

test('help lists every command with examples first, also without a configuration', async () => {
  const { code, stdout } = await runNode([aldisMain, '--help'], '/')
  expect(code).toBe(0)
  expect(stdout.indexOf('Examples:')).toBe(0)
  for (const command of ['signals list', 'plugins create', 'config check', 'doctor', 'send', 'run']) {
    expect(stdout).toContain(`  ${command}`)
  }
  expect((await runNode([aldisMain], '/')).stdout).toBe(stdout)
  expect((await runNode([aldisMain, 'help'], '/')).stdout).toBe(stdout)
  expect((await runNode([aldisMain, 'help', 'signals', 'list'], '/')).stdout).toContain('--undeclared')
})

const escape = '\u001B['
test.each([
  [{}, [], false],
  [{ FORCE_COLOR: '1' }, [], true],
  [{ FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
  [{ FORCE_COLOR: '1' }, ['--no-color'], false],
  [{ FORCE_COLOR: '0' }, [], false],
])('piped with %j %j it is coloured: %s', async (env, argv, colored) => {
  await using project = await makeProject(files)
  const { stdout } = await project.aldis(['signals', 'list', ...argv], { env })
  expect(stdout.includes(escape)).toBe(colored)
})

test.each([
  [{ TERM: 'xterm' }, true],
  [{ TERM: 'dumb' }, false],
  [{ TERM: 'xterm', NO_COLOR: '1' }, false],
])('on a terminal with %j it is coloured: %s', async (env, colored) => {
  await using project = await makeProject(files)
  const { stdout } = await project.screen(['signals', 'list'], { env })
  expect(stdout.includes(escape)).toBe(colored)
})

test('a reader that goes away is no error', async () => {
  const talker = `export default { getCommands: () => [{
  name: 'talk', description: 'Say much', needs: 'load',
  async run(_args, { stdout }) {
    for (let line = 0; line < 100; line++) {
      stdout('line ' + line + '\\n')
      await new Promise(setImmediate)
    }
  },
}] }
`
  await using project = await makeProject({
    ...pluginFiles('talker', talker),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [talker]\n',
  })
  const child = spawn(process.execPath, [aldisMain, 'talk'], { cwd: project.folder })
  child.stdout.destroy()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const code = await exitCode(child)
  expect([code, stderr]).toEqual([0, ''])
})

test('a plugin that leaves a timer behind does not keep a listing from ending', async () => {
  await using project = await makeProject({
    ...pluginFiles('timer', 'setInterval(() => {}, 1000)\nexport default {}\n'),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [timer]\n',
  })
  expect((await project.aldis(['plugins', 'list'])).code).toBe(0)
})

test('what a plugin puts into its names cannot act on the terminal', async () => {
  await using project = await makeProject({
    ...pluginFiles(
      'sly',
      `import { signals } from '@aldis/core'\nsignals.ckanext.declare('sly', { doc: 'red \\u001b[31m\\nand\\tmore \\u0007' })\nexport default {}\n`,
    ),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [sly]\n',
  })
  for (const argv of [
    ['signals', 'list', 'sly'],
    ['signals', 'list', 'sly', '--plain'],
    ['signals', 'show', 'ckanext:sly'],
  ]) {
    const { stdout } = await project.aldis(argv)
    expect(stdout).toContain('red \uFFFD[31m and more')
    expect(stdout).not.toContain(escape)
  }
})

test('a thousand broken packages are rows, a few warnings, and no crash', async () => {
  const broken = Array.from({ length: 1000 }, (_, index): [string, string] => [
    `plugins/broken-${index}/package.json`,
    ['{', '[]', '{"aldis": {"plugin": "../evil"}}', '{"aldis": {"plugin": "__proto__"}}', `{"aldis": 1}`][
      index % 5
    ] ?? '',
  ])
  const failing = Array.from({ length: 20 }, (_, index) =>
    pluginFiles(`failing_${index}`, 'throw new Error("no")\n'),
  )
  const names = failing.map((_, index) => `failing_${index}`)
  await using project = await makeProject({
    ...Object.fromEntries(broken),
    ...Object.fromEntries(failing.flatMap((each) => Object.entries(each))),
    ...files,
    'aldis.config.yaml': `pluginPaths: [plugins/*]\nplugins: [${['ear', ...names].join(', ')}]\n`,
  })
  const list = await project.aldis(['plugins', 'list', '--all', '--plain'])
  expect(list.code).toBe(0)
  const states = list.stdout.split('\n').map((line) => line.split('\t')[3])
  expect(states.filter((state) => state === 'broken')).toHaveLength(1000)
  expect(states.filter((state) => state === 'failed')).toHaveLength(20)
  expect(states.filter((state) => state === 'on')).toHaveLength(1)
  expect(list.stderr.split('\n').filter((line) => line.startsWith('warning'))).toHaveLength(6)
  const signals = await project.aldis(['signals', 'list', '--undeclared', '--plain'])
  expect(signals.stdout).toContain('ckanext:typo')
  expect((await project.aldis(['doctor'])).code).toBe(6)
})

test('-q says nothing beside the data', async () => {
  await using project = await makeProject({
    ...files,
    ...pluginFiles('bad', 'throw new Error("no")\n'),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [ear, bad]\n',
  })
  expect((await project.aldis(['plugins', 'list', '-q'])).stderr).toBe('')
})

test('the configuration of this repository lists, checks and passes the doctor', async () => {
  for (const argv of [['signals', 'list'], ['config', 'check'], ['doctor'], ['plugins', 'list']]) {
    const { code, stderr } = await runNode([aldisMain, ...argv], root)
    expect([argv, code]).toEqual([argv, 0])
    expect(stderr).not.toContain('warning:')
  }
})
