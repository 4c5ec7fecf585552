import { mkdtempSync, rmSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test, vi } from 'vitest'

import { lockFolder } from './folder-lock.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'aldis-lock-'))
})
afterEach(() => rmSync(root, { recursive: true, force: true }))

test('who loses the lock to another at the last moment is told of that one, however long it takes to write its id', () => {
  const folder = join(root, 'data')
  using winner = new DatabaseSync(`${folder}.lock`)
  const exec = DatabaseSync.prototype.exec
  let commits = 0
  let looks = 0
  vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql: string) {
    exec.call(this, sql)
    if (this === winner) return
    // Between the two times that the loser takes the lock.
    if (sql === 'commit' && ++commits === 1) winner.exec('begin immediate')
  })
  const prepare = DatabaseSync.prototype.prepare
  vi.spyOn(DatabaseSync.prototype, 'prepare').mockImplementation(function (this: DatabaseSync, sql: string) {
    // It writes its id after the loser has found its own a few times, and then keeps the lock.
    if (++looks === 4) winner.exec(`pragma user_version = ${process.ppid}; commit; begin immediate`)
    return prepare.call(this, sql)
  })

  expect(() => lockFolder(folder)).toThrow(
    expect.objectContaining({
      code: 'DATABASE_LOCKED',
      message: expect.stringContaining(`process ${process.ppid}`) as unknown,
    }),
  )
})
