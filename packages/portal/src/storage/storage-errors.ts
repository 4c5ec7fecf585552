import { AldisError } from '@aldis/core'

/** A file was asked for, or given, under an id that is no UUID. */
export class FileIdError extends AldisError {
  readonly code = 'FILE_ID_INVALID'
  readonly id: string

  constructor(id: string) {
    super(`${JSON.stringify(id)} is not the id of a stored file. Use a UUID in lower case.`)
    this.id = id
  }
}

/** An upload has more bytes than it may have. */
export class UploadTooLargeError extends AldisError {
  readonly code = 'UPLOAD_TOO_LARGE'
  readonly statusCode = 413
  readonly maxBytes: number

  constructor(maxBytes: number) {
    super(`The upload is too large: it may have at most ${maxBytes} bytes.`)
    this.maxBytes = maxBytes
  }
}

/** The disk, or the share of it that this user may fill, is full. */
export class StorageFullError extends AldisError {
  readonly code = 'STORAGE_FULL'
  readonly statusCode = 507

  constructor(options?: ErrorOptions) {
    super(
      'There is no room left to store the file. Free some on the disk that holds the storage folder.',
      options,
    )
  }
}
