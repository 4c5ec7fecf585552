/** The type is one byte, the length four, and counts itself. */
const HEADER = 5

/** Cuts what a PostgreSQL server sends into messages, and leaves out those that are not wanted. */
export class FrameFilter {
  readonly #wanted: (type: string) => boolean
  #rest: Buffer = Buffer.alloc(0)

  /** `wanted` is asked once for each message, by its type. */
  constructor(wanted: (type: string) => boolean) {
    this.#wanted = wanted
  }

  /** The messages that are complete with `chunk`, and wanted. */
  pass(chunk: Buffer): Buffer {
    let rest = Buffer.concat([this.#rest, chunk])
    const kept: Buffer[] = []
    while (rest.length >= HEADER) {
      const end = 1 + rest.readUInt32BE(1)
      if (rest.length < end) break
      if (this.#wanted(String.fromCharCode(rest.readUInt8(0)))) kept.push(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    this.#rest = rest
    return Buffer.concat(kept)
  }
}
