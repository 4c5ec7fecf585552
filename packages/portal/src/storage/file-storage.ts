import type { Readable } from 'node:stream'

/** How {@link FileStorage.write} writes. */
export interface WriteOptions {
  /** The most bytes that the file may have. */
  readonly maxBytes: number
  /** Gives the writing up when it is aborted. */
  readonly signal?: AbortSignal
}

/** What {@link FileStorage.write} wrote. */
export interface StoredFile {
  /** In bytes. */
  readonly size: number
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string
}

/** A part of a file: the bytes from `start` to `end`, both included. Without `end`, to the file's end. */
export interface ByteRange {
  readonly start: number
  readonly end?: number
}

/** A file that can be read. */
export interface OpenedFile {
  /** The bytes that were asked for. Read it to its end or destroy it: the file stays open until then. */
  readonly stream: Readable
  /** Of the whole file, in bytes, also when only a part was asked for. */
  readonly size: number
}

/** A file as {@link FileStorage.list} lists it. */
export interface ListedFile {
  readonly id: string
  /** When it was written. */
  readonly modified: Date
}

/** What {@link FileStorage.sweep} may remove. */
export interface SweepOptions {
  /** Those of `ids` that something refers to. Asked with at most a few hundred at a time. */
  readonly known: (ids: readonly string[]) => Promise<ReadonlySet<string>>
  /**
   * How old a file must be. Keep it longer than the longest upload and what is
   * done with it: the row that refers to a file is written after the file.
   */
  readonly olderThanMs: number
}

/**
 * Where uploaded files are kept, each under an id, which is a UUID in lower case.
 *
 * Storage knows nothing of what refers to a file. Write the file first and the row
 * that refers to it after that: what a crash leaves between the two is a
 * file that nothing refers to, which {@link FileStorage.sweep} removes.
 *
 * Every method refuses an id that is no UUID before it touches anything.
 */
export interface FileStorage {
  /**
   * Write `data` under `id`, in place of what is there, and return its size and hash.
   *
   * The file is there whole or not at all, also after a crash. That it
   * survives a power failure in the next moment is not promised.
   * On failure nothing is left, what was under `id` stays, and `data` is destroyed.
   *
   * @throws UploadTooLargeError when `data` has more than `maxBytes`
   * @throws StorageFullError when there is no room
   */
  write(id: string, data: AsyncIterable<Uint8Array> | Readable, options: WriteOptions): Promise<StoredFile>

  /** Open the file under `id`, or `range` of it; undefined when there is none. */
  open(id: string, range?: ByteRange): Promise<OpenedFile | undefined>

  /** Remove the file under `id`. One that is not there is no failure. */
  remove(id: string): Promise<void>

  /** Every file, in no particular order. What is written or removed meanwhile may be listed or not. */
  list(): AsyncIterable<ListedFile>

  /**
   * Remove the files older than `olderThanMs` that `known` does not know, and what
   * broken-off writes left; return how many files that were.
   */
  sweep(options: SweepOptions): Promise<number>
}
