/** The portal's commands as people call them: from a shell, while the portal runs and while it does not. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { aldisMain, exitCode, makeProject, type CliProject } from './support/cli-project.ts'
import { callApi, fieldOf } from './support/portal-caller.ts'
import { root } from './support/repository.ts'

const config = `
pluginPaths: [${root}/packages/*]
plugins: [models, portal]
settings:
  models: { folder: data }
  portal: { folder: var, port: 0 }
`

let project: CliProject
beforeAll(async () => {
  project = await makeProject({ 'aldis.config.yaml': config })
})
afterAll(async () => {
  await project[Symbol.asyncDispose]()
})

/** `aldis run`, and where it serves. */
async function running(): Promise<{ child: ChildProcess; url: string }> {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [aldisMain, 'run'], { cwd: project.folder, env: { PATH } })
  for await (const line of createInterface(child.stdout)) {
    const url = /^ {2}at +(?<url>http\S+)$/.exec(line)?.groups?.['url']
    if (url !== undefined) return { child, url }
  }
  throw new Error('aldis run ended before it served')
}

test('what commands make without the portal, the portal has; and while it runs, it runs them', async () => {
  const account = ['--email', 'ann@example.org', '--password', 'ann-password']
  expect(await project.aldis(['user', 'create', 'ann', ...account, '--sysadmin'])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'Made the sysadmin ann.\n',
  })
  const token: unknown = JSON.parse((await project.aldis(['user', 'token', 'ann', '--json'])).stdout)

  const { child, url } = await running()
  try {
    const secret = String(fieldOf(token, 'token'))
    expect(await callApi(url, 'user_show', {}, secret)).toMatchObject({
      result: { name: 'ann', sysadmin: true },
    })
    expect(await callApi(url, 'api_token_list', { user_id: 'ann' }, secret)).toMatchObject({
      result: [{ id: fieldOf(token, 'id'), name: 'cli' }],
    })

    const bob = ['user', 'create', 'bob', '--email', 'bob@example.org']
    const refused = await project.aldis(bob)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^error PASSWORD_MISSING: /)
    const short = await project.aldis([...bob, '--password', 'short'])
    expect(short.code).toBe(2)
    expect(short.stderr).toMatch(
      /^error PORTAL_VALIDATION: That cannot be done:\n {2}password: .*8 characters.*\n$/,
    )
    expect(await project.aldis(['user', 'token', 'nobody'])).toMatchObject({
      code: 3,
      stderr: 'error PORTAL_NOT_FOUND: There is no user "nobody". aldis user list shows who there is.\n',
    })
    expect(await project.aldis([...bob, '--password', 'bob-password'])).toMatchObject({ code: 0 })
    expect(await callApi(url, 'user_show', { id: 'bob' })).toMatchObject({ result: { name: 'bob' } })
    const { stdout } = await project.aldis(['user', 'list'])
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['NAME', 'ann', 'bob', ''])
  } finally {
    const ended = exitCode(child)
    child.kill('SIGTERM')
    await ended
  }
}, 120_000)

test('a person in front of a terminal types the password', async () => {
  const { code, stderr } = await project.screen(['user', 'create', 'eve', '--email', 'eve@example.org'], {
    answers: ['eve-password', 'eve-password'],
  })
  expect(stderr).toMatch(/Made the user eve\.\n$/)
  expect(code).toBe(0)
}, 60_000)

test('the help of each command fits into 80 columns', async () => {
  for (const words of [
    ['run'],
    ['user', 'create'],
    ['user', 'list'],
    ['user', 'token'],
    ['user', 'password'],
    ['user', 'sysadmin'],
    ['generate', 'fake-data'],
  ]) {
    const { stdout, code } = await project.screen([...words, '--help'])
    expect(code).toBe(0)
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(stdout).toContain(`Usage: aldis ${words.join(' ')}`)
  }
}, 60_000)
