import type { ByteRange } from './storage/file-storage.ts'

/** What a `Range` header asks of a file of `size` bytes: a part of it, all of it, or what it does not have. */
export type AskedRange = Required<ByteRange> | 'all' | 'none'

/** Read the `Range` header `header`. One that is not understood, and one of several ranges, is as if it were not there. */
export function askedRange(header: string | undefined, size: number): AskedRange {
  const match = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '')
  if (match === null) return 'all'
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return 'all'
  const start = first === '' ? Math.max(size - Number(last), 0) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (first !== '' && last !== '' && Number(first) > Number(last)) return 'all'
  return start > end ? 'none' : { start, end }
}
