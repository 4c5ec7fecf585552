import { execFileSync } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

import { FolderStorage } from './folder-storage.ts'

const HOUR = 3_600_000

let root = ''
let storage = new FolderStorage(root)

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'aldis-storage-'))
  storage = new FolderStorage(root)
})

afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

function pathOf(id: string): string {
  return join(root, 'resources', id.slice(0, 3), id.slice(3, 6), id.slice(6))
}

async function read(id: string): Promise<string | undefined> {
  const file = await storage.open(id)
  return file && (await buffer(file.stream)).toString()
}

async function write(id: string, text: string, maxBytes = 1_000): Promise<void> {
  await storage.write(id, Readable.from([Buffer.from(text)]), { maxBytes })
}

async function age(path: string): Promise<void> {
  const twoHoursAgo = new Date(Date.now() - 2 * HOUR)
  await utimes(path, twoHoursAgo, twoHoursAgo)
}

const sorted = (ids: string[]): string[] => ids.toSorted()

const incoming = async (): Promise<string[]> => readdir(join(root, 'incoming'))

describe('writing', () => {
  test('a file is kept under its id, readable by this user alone, and measured while it is written', async () => {
    const id = randomUUID()
    const content = randomBytes(300_000)
    async function* data(): AsyncGenerator<Uint8Array> {
      yield content.subarray(0, 100_000)
      yield content.subarray(100_000)
    }

    expect(await storage.write(id, data(), { maxBytes: 300_000 })).toEqual({
      size: 300_000,
      hash: createHash('sha256').update(content).digest('hex'),
    })
    expect((await readFile(pathOf(id))).equals(content)).toBe(true)
    expect((await stat(pathOf(id))).mode & 0o777).toBe(0o600)
    expect(await incoming()).toEqual([])
  })

  test('an empty file is a file', async () => {
    const id = randomUUID()
    expect(await storage.write(id, Readable.from([]), { maxBytes: 0 })).toMatchObject({ size: 0 })
    expect(await read(id)).toBe('')
  })

  test('a second write takes the place of the first, and a failed one does not', async () => {
    const id = randomUUID()
    await write(id, 'first')
    await write(id, 'second')
    await expect(write(id, 'too much', 3)).rejects.toMatchObject({ code: 'UPLOAD_TOO_LARGE' })

    expect(await read(id)).toBe('second')
  })

  test('a file that is too large is given up at the limit, and nothing of it stays', async () => {
    const id = randomUUID()
    let chunks = 0
    const endless = new Readable({
      read() {
        chunks++
        this.push(Buffer.alloc(1_000))
      },
    })

    await expect(storage.write(id, endless, { maxBytes: 100_000 })).rejects.toMatchObject({
      code: 'UPLOAD_TOO_LARGE',
      statusCode: 413,
      maxBytes: 100_000,
    })
    expect(endless.destroyed).toBe(true)
    expect(chunks).toBeLessThan(200)
    expect(await incoming()).toEqual([])
    expect(await storage.open(id)).toBeUndefined()
  })

  test('an abort ends a write whose data has stopped coming', async () => {
    const controller = new AbortController()
    const data = new PassThrough()
    data.write('half of it')
    const written = storage.write(randomUUID(), data, { maxBytes: 1_000, signal: controller.signal })
    await vi.waitFor(async () => expect(await incoming()).toHaveLength(1), { timeout: 10_000 })
    controller.abort()

    await expect(written).rejects.toMatchObject({ name: 'AbortError' })
    expect(await incoming()).toEqual([])
  })

  test('data that breaks off leaves nothing', async () => {
    const id = randomUUID()
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('half')
      throw new Error('the line went dead')
    }

    await expect(storage.write(id, broken(), { maxBytes: 1_000 })).rejects.toThrow('the line went dead')
    expect(await incoming()).toEqual([])
    expect(await storage.open(id)).toBeUndefined()
  })

  test('data that cannot be written anywhere is destroyed', async () => {
    await writeFile(join(root, 'file'), '')
    for (const [place, id] of [
      [join(root, 'file'), randomUUID()],
      [root, 'no id'],
    ] as const) {
      const data = new PassThrough()
      await expect(new FolderStorage(place).write(id, data, { maxBytes: 1 })).rejects.toThrow(/./)
      expect(data.destroyed).toBe(true)
    }
  })

  test('a full disk is an error of its own, and the room is given back', async ({ skip }) => {
    await mkdir(join(root, 'small'))
    const small = join(root, 'small')
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=64k', 'aldis-test', small], { stdio: 'pipe' })
    } catch {
      skip('only root can mount a disk that is small enough to fill')
    }
    try {
      const full = new FolderStorage(small)
      const data = Readable.from([randomBytes(40_000), randomBytes(40_000)])
      await expect(full.write(randomUUID(), data, { maxBytes: 100_000 })).rejects.toMatchObject({
        code: 'STORAGE_FULL',
        statusCode: 507,
      })
      expect(data.destroyed).toBe(true)
      expect(await readdir(join(small, 'incoming'))).toEqual([])

      const fits = Readable.from([randomBytes(30_000)])
      expect(await full.write(randomUUID(), fits, { maxBytes: 100_000 })).toMatchObject({ size: 30_000 })
    } finally {
      execFileSync('/bin/umount', [small])
    }
  })
})

describe('reading', () => {
  test('a part of a file can be read', async () => {
    const id = randomUUID()
    await write(id, '0123456789')
    const part = async (range: { start: number; end?: number }): Promise<string> => {
      const file = await storage.open(id, range)
      expect(file?.size).toBe(10)
      return file === undefined ? '' : (await buffer(file.stream)).toString()
    }

    expect(await part({ start: 2, end: 4 })).toBe('234')
    expect(await part({ start: 7 })).toBe('789')
  })

  test('a stream that is destroyed closes its file', async () => {
    const id = randomUUID()
    await write(id, 'text')
    const file = await storage.open(id)
    file?.stream.destroy()
    if (file !== undefined) await once(file.stream, 'close')

    expect(file?.stream.closed).toBe(true)
  })

  test('a file that is not there, or was removed, is undefined', async () => {
    const id = randomUUID()
    expect(await storage.open(id)).toBeUndefined()
    await write(id, 'text')
    await storage.remove(id)
    expect(await storage.open(id)).toBeUndefined()
    await storage.remove(id)
  })
})

test.each([
  '',
  '..',
  '../../etc/passwd',
  'abc',
  `${randomUUID()}/x`,
  `${randomUUID()}\n`,
  randomUUID().toUpperCase().replace(/^./, 'A'),
  '00000000000000000000000000000000',
])('the id %j is refused by name', async (id) => {
  const refusal = { code: 'FILE_ID_INVALID', id }
  await expect(write(id, 'text')).rejects.toMatchObject(refusal)
  await expect(storage.open(id)).rejects.toMatchObject(refusal)
  await expect(storage.remove(id)).rejects.toMatchObject(refusal)
  expect(await readdir(root)).toEqual([])
})

describe('listing and sweeping', () => {
  async function ids(): Promise<string[]> {
    const listed: string[] = []
    for await (const { id } of storage.list()) listed.push(id)
    return sorted(listed)
  }

  test('a list has every file, and nothing that is none', async () => {
    expect(await ids()).toEqual([])
    const written = sorted([randomUUID(), randomUUID(), randomUUID()])
    for (const id of written) await write(id, id)
    await writeFile(join(root, 'resources/README'), 'not a folder')
    await mkdir(join(root, 'resources/abc'), { recursive: true })
    await writeFile(join(root, 'resources/abc/notes.txt'), 'not an id')

    expect(await ids()).toEqual(written)
    for await (const { modified } of storage.list())
      expect(modified.getTime()).toBeGreaterThan(Date.now() - HOUR)
  })

  test('a sweep removes old files that nobody knows, and old halves of files', async () => {
    const [known, stray, young] = [randomUUID(), randomUUID(), randomUUID()]
    for (const id of [known, stray, young]) await write(id, id)
    await age(pathOf(known))
    await age(pathOf(stray))
    await writeFile(join(root, 'incoming/old'), 'half')
    await age(join(root, 'incoming/old'))
    await writeFile(join(root, 'incoming/young'), 'half')
    const asked: string[] = []

    const removed = await storage.sweep({
      olderThanMs: HOUR,
      known: async (some) => {
        asked.push(...some)
        return new Set([known])
      },
    })
    expect(removed).toBe(2)
    expect(sorted(asked)).toEqual(sorted([known, stray]))
    expect(await ids()).toEqual(sorted([known, young]))
    expect(await incoming()).toEqual(['young'])
  })

  test('a sweep of many files asks about them in batches', async () => {
    for (let count = 0; count < 501; count++) {
      const path = pathOf(`abcdef00-0000-4000-8000-${String(count).padStart(12, '0')}`)
      if (count === 0) await mkdir(join(path, '..'), { recursive: true })
      await writeFile(path, '')
      await age(path)
    }
    const sizes: number[] = []
    const known = async (some: readonly string[]): Promise<Set<string>> => {
      sizes.push(some.length)
      return new Set()
    }

    expect(await storage.sweep({ olderThanMs: HOUR, known })).toBe(501)
    expect(sizes).toEqual([500, 1])
    expect(await ids()).toEqual([])
  })

  test('a sweep keeps everything when nobody can say what is known', async () => {
    const id = randomUUID()
    await write(id, 'text')
    await age(pathOf(id))
    const known = async (): Promise<never> => {
      throw new Error('the database is away')
    }

    await expect(storage.sweep({ olderThanMs: HOUR, known })).rejects.toThrow('the database is away')
    expect(await read(id)).toBe('text')
  })

  test('a sweep of a storage that was never used finds nothing', async () => {
    expect(await storage.sweep({ olderThanMs: 0, known: async () => new Set() })).toBe(0)
  })
})
