/** What is known of an uploaded file. */
export interface UploadFacts {
  /** What the storage has it under. */
  readonly id: string
  /** What the client calls it, made harmless. */
  readonly filename: string
  /** Guessed from the file name. What the client says of the type is not used. */
  readonly mimetype: string
  /** In bytes. */
  readonly size: number
  /** SHA-256 of the content, in hexadecimal. */
  readonly hash: string
}

/**
 * A file that came with a request and is in the storage already.
 *
 * It is removed when the request is over, unless it was claimed. Nothing that a client writes
 * in JSON or in a form is one: {@link UploadedFile.is} tells them apart.
 */
export class UploadedFile implements UploadFacts {
  readonly id: string
  readonly filename: string
  readonly mimetype: string
  readonly size: number
  readonly hash: string
  #claimed = false

  constructor({ id, filename, mimetype, size, hash }: UploadFacts) {
    this.id = id
    this.filename = filename
    this.mimetype = mimetype
    this.size = size
    this.hash = hash
  }

  /** Whether `value` was made by this class. */
  static is(value: unknown): value is UploadedFile {
    return typeof value === 'object' && value !== null && #claimed in value
  }

  /** Whether the file stays. */
  get claimed(): boolean {
    return this.#claimed
  }

  /** Keep the file. Call it when what refers to the file is certain: after the commit. */
  claim(): void {
    this.#claimed = true
  }
}
