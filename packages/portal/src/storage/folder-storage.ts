import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, opendir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { addAbortSignal, Readable } from 'node:stream'

import type {
  ByteRange,
  FileStorage,
  ListedFile,
  OpenedFile,
  StoredFile,
  SweepOptions,
  WriteOptions,
} from './file-storage.ts'
import { FileIdError, StorageFullError, UploadTooLargeError } from './storage-errors.ts'

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

/** How many ids a sweep asks about at a time. */
const BATCH = 500

/**
 * Keeps files in the folder `root`: `resources/abc/def/rest-of-the-id`.
 *
 * What is being written is in `incoming`, in the same file system, and gets its
 * name when it is whole. Several processes can use one folder at a time.
 */
export class FolderStorage implements FileStorage {
  readonly #files: string
  readonly #incoming: string

  constructor(root: string) {
    this.#files = join(root, 'resources')
    this.#incoming = join(root, 'incoming')
  }

  async write(
    id: string,
    data: AsyncIterable<Uint8Array> | Readable,
    options: WriteOptions,
  ): Promise<StoredFile> {
    const incoming = join(this.#incoming, randomUUID())
    const source = data instanceof Readable ? data : Readable.from(data)
    try {
      const path = this.#pathOf(id)
      await makeFolder(this.#incoming)
      const stored = await receive(source, incoming, options)
      await makeFolder(dirname(path))
      await rename(incoming, path)
      return stored
    } catch (error) {
      source.destroy()
      await rm(incoming, { force: true })
      throw isFull(error) ? new StorageFullError({ cause: error }) : error
    }
  }

  async open(id: string, range?: ByteRange): Promise<OpenedFile | undefined> {
    const path = this.#pathOf(id)
    try {
      const file = await open(path)
      try {
        const { size } = await file.stat()
        return { stream: file.createReadStream({ ...range }), size }
      } catch (error) {
        await file.close()
        throw error
      }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }

  async remove(id: string): Promise<void> {
    await rm(this.#pathOf(id), { force: true })
  }

  async *list(): AsyncGenerator<ListedFile, void, undefined> {
    for await (const first of namesIn(this.#files)) {
      for await (const second of namesIn(join(this.#files, first))) {
        for await (const rest of namesIn(join(this.#files, first, second))) {
          const id = first + second + rest
          const modified = UUID.test(id) ? await modifiedAt(this.#pathOf(id)) : undefined
          if (modified !== undefined) yield { id, modified }
        }
      }
    }
  }

  async sweep({ known, olderThanMs }: SweepOptions): Promise<number> {
    const limit = Date.now() - olderThanMs
    let removed = 0
    for await (const name of namesIn(this.#incoming)) {
      const path = join(this.#incoming, name)
      const modified = await modifiedAt(path)
      if (modified === undefined || modified.getTime() >= limit) continue
      await rm(path, { force: true })
      removed++
    }

    const removeUnknown = async (ids: readonly string[]): Promise<void> => {
      const kept = await known(ids)
      for (const id of ids.filter((one) => !kept.has(one))) {
        await this.remove(id)
        removed++
      }
    }
    let batch: string[] = []
    for await (const { id, modified } of this.list()) {
      if (modified.getTime() < limit) batch.push(id)
      if (batch.length < BATCH) continue
      await removeUnknown(batch)
      batch = []
    }
    if (batch.length > 0) await removeUnknown(batch)
    return removed
  }

  #pathOf(id: string): string {
    if (!UUID.test(id)) throw new FileIdError(id)
    return join(this.#files, id.slice(0, 3), id.slice(3, 6), id.slice(6))
  }
}

/** Write all of `source` to the new file `path`, through to the disk. */
async function receive(
  source: Readable,
  path: string,
  { maxBytes, signal }: WriteOptions,
): Promise<StoredFile> {
  if (signal !== undefined) addAbortSignal(signal, source)
  const hash = createHash('sha256')
  let size = 0
  async function* measured(): AsyncGenerator<Uint8Array, void, undefined> {
    const chunks: AsyncIterable<Uint8Array> = source
    for await (const chunk of chunks) {
      size += chunk.length
      if (size > maxBytes) throw new UploadTooLargeError(maxBytes)
      hash.update(chunk)
      yield chunk
    }
  }
  await using file = await open(path, 'wx', 0o600)
  await file.writeFile(measured())
  await file.sync()
  return { size, hash: hash.digest('hex') }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 })
}

/** The names in `folder`; none when it is not there. */
async function* namesIn(folder: string): AsyncGenerator<string, void, undefined> {
  try {
    for await (const { name } of await opendir(folder)) yield name
  } catch (error) {
    if (!isMissing(error)) throw error
  }
}

/** When the file at `path` was written; undefined when it has gone, or is no file. */
async function modifiedAt(path: string): Promise<Date | undefined> {
  try {
    const stats = await stat(path)
    return stats.isFile() ? stats.mtime : undefined
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOENT' || code === 'ENOTDIR'
}

function isFull(error: unknown): boolean {
  const code = codeOf(error)
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
