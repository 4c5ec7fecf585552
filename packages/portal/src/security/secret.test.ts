import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { SecretFileError, SecretWeakError, siteSecret, type SiteSecret } from './secret.ts'

const STRONG = 'k8Jf02mDq-vLx7Rt1Zc5Yb9Nw3Gh6Ps4'

let folder: string
let file: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aldis-secret-'))
  file = join(folder, 'var/secret')
})

afterEach(() => rm(folder, { recursive: true }))

const keyOf = (secret: SiteSecret): string => Buffer.from(secret.key('session')).toString('hex')

test('a secret is made once, for its user alone, and found again', async () => {
  const made = await siteSecret({ file })

  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(await readFile(file, 'utf8')).toMatch(/^[\w-]{43}\n$/)
  expect(keyOf(await siteSecret({ file }))).toBe(keyOf(made))
})

test('those that make a secret at once agree on one, and leave nothing else', async () => {
  const made = await Promise.all(Array.from({ length: 20 }, () => siteSecret({ file })))

  expect(new Set(made.map(keyOf)).size).toBe(1)
  expect(await readdir(join(folder, 'var'))).toEqual(['secret'])
})

test('with the setting no file is looked at', async () => {
  const secret = await siteSecret({ setting: STRONG, file })

  expect(keyOf(secret)).not.toBe(keyOf(await siteSecret({ file })))
  expect(keyOf(secret)).toBe(keyOf(await siteSecret({ setting: ` ${STRONG}\n`, file })))
})

test('each purpose has its own key', async () => {
  const secret = await siteSecret({ setting: STRONG, file })
  const keys = [secret.key('session'), secret.key('api-token'), secret.key('csrf')]

  expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(3)
  expect(keys.map((key) => key.length)).toEqual([32, 32, 32])
})

test('a secret does not show itself', async () => {
  const secret = await siteSecret({ setting: STRONG, file })

  expect(inspect(secret, { showHidden: true, depth: 5 }) + JSON.stringify(secret)).not.toContain(STRONG)
})

test.each([
  ['is short', 'correct horse battery staple', 'has 28 characters'],
  ['is empty', '  ', 'has 0 characters'],
  ['was typed and not drawn', 'changeme'.repeat(4), 'has only 7 different characters'],
])('a secret that %s is refused, and the message does not have it', async (_what, setting, reason) => {
  const failure = await siteSecret({ setting, file }).catch((error: unknown) => error)

  expect(failure).toBeInstanceOf(SecretWeakError)
  expect(failure).toMatchObject({ code: 'SECRET_WEAK', place: 'settings.portal.secret' })
  expect(String(failure)).toContain(reason)
  expect(String(failure)).toContain('openssl rand -base64 32')
  if (setting.trim() !== '') expect(String(failure)).not.toContain(setting)
})

test('a weak secret in the file is refused with the name of the file', async () => {
  await mkdir(join(folder, 'var'))
  await writeFile(file, 'secret\n', { mode: 0o600 })

  await expect(siteSecret({ file })).rejects.toMatchObject({ code: 'SECRET_WEAK', place: file })
  expect(await readFile(file, 'utf8')).toBe('secret\n')
})

test('a file that everyone may read is refused with what to do', async () => {
  await siteSecret({ file })
  await chmod(file, 0o644)

  const failure = await siteSecret({ file }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(SecretFileError)
  expect(failure).toMatchObject({ code: 'SECRET_FILE', file })
  expect(String(failure)).toContain(`chmod 600 ${file}`)

  await chmod(file, 0o640)
  await siteSecret({ file })
})

test.each([
  ['a folder is in its place', () => mkdir(file, { recursive: true }), 'is not in a file of one line'],
  ['its folder is a file', () => writeFile(join(folder, 'var'), ''), 'cannot be read (ENOTDIR'],
  ['it is a link to nowhere', linkToNowhere, 'cannot be made (EEXIST'],
])('a secret that cannot be kept says why: %s', async (_why, arrange, reason) => {
  await arrange()

  const failure = await siteSecret({ file }).catch((error: unknown) => error)
  expect(failure).toMatchObject({ code: 'SECRET_FILE', file })
  expect(String(failure)).toContain(reason)
  expect(String(failure)).toContain('settings.portal.secret')
})

async function linkToNowhere(): Promise<void> {
  await mkdir(join(folder, 'var'))
  await symlink('nowhere', file)
}
