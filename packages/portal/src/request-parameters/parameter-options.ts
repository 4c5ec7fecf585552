import type { Logger } from '@aldis/core'

import type { FileStorage } from '../storage/file-storage.ts'

/** How parameters are read from requests. */
export interface ParameterOptions {
  /** Where uploaded files go while the request is read. */
  readonly storage: FileStorage
  readonly logger: Logger
  /** The most bytes that the files of one request may have together. */
  readonly maxUploadBytes: number
  /**
   * The most bytes that a body may have without its files. All of it is in
   * memory while the request runs.
   *
   * @defaultValue `1_048_576` (1 MiB)
   */
  readonly bodyLimitBytes?: number
}

/** What `bodyLimitBytes` is when nobody says. */
export const BODY_LIMIT_BYTES = 1_048_576
