/** The folder of the embedded database: one process at a time, whatever becomes of it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

import { startModelsProcess, type ModelsProcess } from './support/start-models-process.ts'

let root = ''
const running: ModelsProcess[] = []
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'aldis-folder-'))
})
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.kill()))
  rmSync(root, { recursive: true, force: true })
})

async function open(title?: string, folder = 'data'): Promise<ModelsProcess> {
  const started = await startModelsProcess({ folder }, { cwd: root, ...(title !== undefined && { title }) })
  running.push(started)
  return started
}

test('a second process is told who has the database', { timeout: 60_000 }, async () => {
  const first = await open('a')
  expect(first).toMatchObject({ titles: ['a'], code: null })

  const second = await open('b', join(root, 'data'))
  expect(second.code).toBe('DATABASE_LOCKED')
  expect(second.message).toContain(`${join(root, 'data')} is open in process ${first.pid}`)

  await first.end()
  expect(await open('c')).toMatchObject({ titles: ['a', 'c'], code: null })
})

test(
  'what is committed survives a process that is killed, and so does the way in',
  { timeout: 60_000 },
  async () => {
    const first = await open('a')
    await first.kill()

    const second = await open('b')
    expect(second).toMatchObject({ titles: ['a', 'b'], code: null })
    await second.kill()
    expect(await open()).toMatchObject({ titles: ['a', 'b'] })
  },
)

test('of processes that come at once after one was killed, one gets in', { timeout: 120_000 }, async () => {
  const first = await open('a')
  await first.kill()

  const all = await Promise.all(Array.from({ length: 6 }, () => open()))
  const inside = all.filter(({ code }) => code === null)
  expect(inside.length).toBe(1)
  for (const { code, message } of all.filter((each) => each !== inside[0])) {
    expect(code).toBe('DATABASE_LOCKED')
    expect(message).toContain(`process ${inside[0]?.pid}`)
  }
})

test(
  'nobody but the owner can read the database, also where that was not so',
  { timeout: 60_000 },
  async () => {
    const modes = (): number[] => ['data', 'data.lock'].map((name) => statSync(join(root, name)).mode & 0o777)
    await (await open('a')).end()
    expect(modes()).toEqual([0o700, 0o600])

    chmodSync(join(root, 'data'), 0o755)
    chmodSync(join(root, 'data.lock'), 0o644)
    expect(await open()).toMatchObject({ titles: ['a'] })
    expect(modes()).toEqual([0o700, 0o600])
  },
)

test('a folder that cannot be used is refused with the reason', { timeout: 60_000 }, async () => {
  writeFileSync(join(root, 'file'), 'no folder')
  const inFile = await open(undefined, 'file/data')
  expect(inFile).toMatchObject({ code: 'DATABASE_UNUSABLE' })
  expect(inFile.message).toContain('file/data')

  writeFileSync(join(root, 'data.lock'), 'something else')
  expect(await open()).toMatchObject({ code: 'DATABASE_UNUSABLE' })

  if (process.getuid?.() === 0) return
  mkdirSync(join(root, 'closed'))
  chmodSync(join(root, 'closed'), 0o500)
  expect(await open(undefined, 'closed/data')).toMatchObject({ code: 'DATABASE_UNUSABLE' })
})
