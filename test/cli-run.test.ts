import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { aldisMain, exitCode, makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'

/** A service that says where it is, a command for every kind of host, and a receiver that fails when told to. */
const desk = `import { signals, SubscriptionMap } from '@aldis/core'
let started = false
export default {
  start() { started = true },
  async serve(signal, ready) {
    ready('http://127.0.0.1:1')
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
  },
  getSignalSubscriptions: () => new SubscriptionMap()
    .on(signals.ckanext.signal('desk_rang'), function answer(sender, payload) {
      if (payload.fail) throw new RangeError('no answer')
      return { pid: process.pid, sender, ...payload }
    })
    .on(signals.ckanext.signal('desk_rang'), async function note() { return 'noted' }, { sender: 7 }),
  getCommands: () => [
    {
      name: 'desk state', description: 'Say how the desk is', needs: 'start',
      arguments: [{ name: 'who', description: 'who asks' }, { name: 'why', description: 'the reason', required: false }],
      options: [
        { name: 'times', description: 'how often', type: 'number', default: 1 },
        { name: 'dry-run', description: 'only say', type: 'boolean' },
        { name: 'tone', description: 'how to say it', type: 'string', choices: ['kind', 'plain'] },
      ],
      run({ arguments: { who, why }, options }, { stdout, stderr, isTTY, columns }) {
        stdout(JSON.stringify({ who, why, options, started, isTTY, columns }) + '\\n')
        stderr('asked\\n')
        return options.tone === 'plain' ? 7 : undefined
      },
    },
    { name: 'desk pid', description: 'Say which process', needs: 'start', run: (_args, { stdout }) => stdout(String(process.pid)) },
    { name: 'bell', description: 'Ring', needs: 'load', run: (_args, { stdout }) => stdout('ring, started ' + started + '\\n') },
    { name: 'broken', description: 'Fail', needs: 'start', run() { throw new Error('It broke.') } },
    {
      name: 'wait', description: 'Wait for the end', needs: 'start',
      async run(_args, { stdout, signal }) {
        stdout('waiting\\n')
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
    },
  ],
}
`
const config = 'pluginPaths: [plugins/*]\nplugins: [desk]\n'
const files = { ...pluginFiles('desk', desk), 'aldis.config.yaml': config }

/** `aldis run` in `project`, once it says that it serves. */
async function running(
  project: CliProject,
): Promise<{ child: ChildProcess; said: () => string; stop: () => Promise<number | null> }> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [aldisMain, 'run'], { cwd: project.folder, env: { PATH } })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    said += String(chunk)
    if (said.includes('Try next')) break
  }
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    return child.exitCode
  }
  return { child, said: () => said, stop }
}

test('run says where it serves, what is on, and what to try next, and stops when told to', async () => {
  await using project = await makeProject(files)
  const { said, stop } = await running(project)
  const socket = join(project.folder, 'var/aldis.sock')
  expect((await stat(socket)).mode & 0o777).toBe(0o600)
  expect(said()).toBe(`aldis 0.1.0 serves aldis.config.yaml
  at       http://127.0.0.1:1
  plugins  desk

Try next, in another terminal:
  curl -i http://127.0.0.1:1
  npx aldis signals list
`)
  expect(await stop()).toBe(0)
  await expect(access(socket)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('a command that needs a started host runs in the running one, and in its own where none runs, with the same output', async () => {
  await using project = await makeProject(files)
  const state = ['desk', 'state', 'ada', '--times', '3', '--dry-run', '--tone', 'plain']
  const own = [
    await project.aldis(state),
    await project.aldis(['broken']),
    await project.aldis(['desk', 'state']),
  ]
  expect(own[0]).toEqual({
    code: 7,
    stdout: `{"who":"ada","options":{"times":3,"dry-run":true,"tone":"plain"},"started":true,"isTTY":false,"columns":80}\n`,
    stderr: 'asked\n',
  })
  expect(own[1]).toEqual({ code: 1, stdout: '', stderr: 'error: It broke.\n' })
  expect(own[2]?.code).toBe(2)
  const { child, stop } = await running(project)
  try {
    expect(
      await Promise.all([project.aldis(state), project.aldis(['broken']), project.aldis(['desk', 'state'])]),
    ).toEqual(own)
    expect((await project.aldis(['desk', 'pid'])).stdout).toBe(String(child.pid))
  } finally {
    await stop()
  }
})

test('a command that needs no started host gets none', async () => {
  await using project = await makeProject(files)
  expect(await project.aldis(['bell'])).toEqual({ code: 0, stdout: 'ring, started false\n', stderr: '' })
})

test('a second run of the same configuration is refused', async () => {
  await using project = await makeProject(files)
  const { stop } = await running(project)
  try {
    const { code, stdout, stderr } = await project.aldis(['run'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^error CONTROL_SOCKET_HELD: [^\n]+\n$/)
  } finally {
    await stop()
  }
})

test('the running host gives up a command whose caller goes away', async () => {
  await using project = await makeProject(files)
  const { stop } = await running(project)
  try {
    const caller = spawn(process.execPath, [aldisMain, 'wait'], { cwd: project.folder })
    await once(caller.stdout, 'data')
    caller.kill('SIGINT')
    const code = await exitCode(caller)
    expect(code).toBe(130)
    // Stopping waits for the commands that run: it would not end if this one still did.
    expect(await stop()).toBe(0)
  } finally {
    await stop()
  }
})

test('the first signal stops, the second one ends at once', async () => {
  const stubborn = `export default { async serve(signal, ready) { ready(); await new Promise((resolve) => setTimeout(resolve, 2 ** 30)) } }\n`
  await using project = await makeProject({
    ...pluginFiles('stubborn', stubborn),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [stubborn]\n',
  })
  const { child } = await running(project)
  const stderr = once(child.stderr ?? child, 'data')
  child.kill('SIGINT')
  await stderr
  child.kill('SIGINT')
  const code = await exitCode(child)
  expect(code).toBe(130)
})

test('send reports what each receiver returned, in the running host where there is one', async () => {
  await using project = await makeProject(files)
  const argv = ['send', 'ckanext:desk_rang', '--sender', '7', '--data', '{"n":1}']
  const own = await project.aldis([...argv, '--json'])
  expect(own.code).toBe(0)
  expect(JSON.parse(own.stdout)).toMatchObject({
    $schema: 'https://aldis.dev/schemas/send.v1.json',
    signal: 'ckanext:desk_rang',
    sender: '7',
    error: null,
    receivers: [
      { receiver: 'desk:answer', delivery: 'inline', status: 'fulfilled', value: { sender: 7, n: 1 } },
      { receiver: 'desk:note', status: 'fulfilled', value: 'noted' },
    ],
  })
  const { child, stop } = await running(project)
  try {
    expect((await project.aldis(argv)).stdout).toContain(`pid: ${child.pid}`)
  } finally {
    await stop()
  }
})

test('send takes its payload from a file and from stdin, and does nothing on a dry run', async () => {
  await using project = await makeProject({ ...files, 'payload.json': '{"from":"file"}' })
  const send = ['send', 'ckanext:desk_rang', '--sender', 'x']
  expect((await project.aldis([...send, '--data', '@payload.json'])).stdout).toContain("from: 'file'")
  expect((await project.aldis([...send, '--data', '-'], { input: '{"from":"stdin"}' })).stdout).toContain(
    "from: 'stdin'",
  )
  const { stdout } = await project.aldis([...send, '--dry-run'])
  expect(stdout).toBe(`RECEIVER     DELIVERY  OUTCOME          RETURNED
desk:answer  inline    would be called  -
`)
})

test('send fails when a receiver does: the first ends it, and with --robust all are called', async () => {
  await using project = await makeProject(files)
  const send = ['send', 'ckanext:desk_rang', '--sender', '7', '--data', '{"fail":true}']
  const plain = await project.aldis(send)
  expect(plain.code).toBe(1)
  expect(plain.stdout).toContain('The send ended with RangeError: no answer')
  const robust = await project.aldis([...send, '--robust'])
  expect(robust.code).toBe(1)
  expect(robust.stdout).toBe(`RECEIVER     DELIVERY  OUTCOME  RETURNED
desk:answer  inline    FAILED   RangeError: no answer
desk:note    inline    ok       'noted'
`)
})

test.each([
  [
    ['--data', '{"user":1}'],
    1,
    'error PAYLOAD_INVALID: The payload does not fit ckan:user_created:\n  user: ',
  ],
  [['--data', '{'], 2, 'error CLI_USAGE: --data is not JSON'],
  [['--data', '@nowhere.json'], 2, 'error CLI_USAGE: --data @nowhere.json cannot be read'],
])('send ckan:user_created %j is exit %i', async (argv, code, message) => {
  await using project = await makeProject(files)
  const result = await project.aldis(['send', 'ckan:user_created', ...argv])
  expect([result.code, result.stdout]).toEqual([code, ''])
  expect(result.stderr).toContain(message)
})

test('the help shows the commands of plugins under a heading of their own', async () => {
  await using project = await makeProject(files)
  const { code, stdout } = await project.aldis(['--help'])
  expect(code).toBe(0)
  expect(stdout.slice(stdout.indexOf('Plugins:'))).toBe(`Plugins:
  desk state <who> [why]  Say how the desk is
  desk pid                Say which process
  bell                    Ring
  broken                  Fail
  wait                    Wait for the end
`)
  const own = await project.aldis(['desk', 'state', '--help'])
  expect(own.stdout).toContain('--tone <value>')
})

test("a plugin's command that has the name of another is an error that names both, and disturbs nothing", async () => {
  const command = (name: string, options = '[]'): string =>
    `{ name: '${name}', description: 'x', options: ${options}, needs: 'load', run: (_a, { stdout }) => stdout('ran ${name}') }`
  await using project = await makeProject({
    ...pluginFiles(
      'one',
      `export default { getCommands: () => [${command('signals purge')}, ${command('user')}, ${command('fine')}] }`,
    ),
    ...pluginFiles(
      'two',
      `export default { getCommands: () => [${command('user create')}, ${command('x', "[{ name: 'config', type: 'string', description: 'y' }]")}] }`,
    ),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [one, two]\n',
  })
  const { stderr, stdout } = await project.aldis(['--help'])
  expect(stderr)
    .toBe(`error COMMAND_CONFLICT: The command "signals purge" of the plugin "one" cannot be called: "signals" is a command of aldis itself.
error COMMAND_CONFLICT: The command "user create" of the plugin "two" cannot be called: "user" is a command of the plugin "one".
error COMMAND_CONFLICT: The command "x" of the plugin "two" cannot be called: its option --config is one of aldis itself.
`)
  expect(stdout).toContain('Plugins:\n  user ')
  expect((await project.aldis(['fine'])).stdout).toBe('ran fine')
  expect((await project.aldis(['doctor'])).code).toBe(6)
})

test('run stops in order, and says so, when a plugin throws where nobody catches', async () => {
  const boom = `export default {
    async serve(signal, ready) {
      ready()
      setTimeout(() => { throw new Error('in a timer') }, 1)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      console.log('boom has ended')
    },
  }`
  await using project = await makeProject({
    ...pluginFiles('boom', boom),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [boom]\n',
  })

  const { code, stdout, stderr } = await project.aldis(['run'])

  expect(code).toBe(1)
  expect(stdout).toContain('boom has ended')
  expect(stderr).toContain('error UNCAUGHT: Nobody caught "in a timer"')
  await expect(access(join(project.folder, 'var/aldis.sock'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('two configurations in one folder are two hosts', async () => {
  await using project = await makeProject({ ...files, 'staging.config.yaml': config })
  const { stop } = await running(project)

  const other = await project.aldis(['-c', 'staging.config.yaml', 'desk', 'pid'])
  const same = await project.aldis(['desk', 'pid'])

  expect(await stop()).toBe(0)
  expect(other.code).toBe(0)
  expect(other.stdout).not.toBe(same.stdout)
})

test('an interruption ends a run whose start hangs', async () => {
  const hung = `export default { start() { console.log('starting'); return new Promise(() => {}) } }`
  await using project = await makeProject({
    ...pluginFiles('hung', hung),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [hung]\n',
  })
  const child = spawn(process.execPath, [aldisMain, 'run'], { cwd: project.folder })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  await once(child.stdout, 'data')

  child.kill('SIGTERM')

  expect(await exitCode(child)).toBe(130)
  expect(said).toContain('CLI_INTERRUPTED')
  expect(said).not.toContain('PLUGIN_LOAD')
})
