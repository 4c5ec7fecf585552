import { z } from 'zod'

/** What `settings.datastore` of the configuration may say. */
export const Settings = z.object({
  /**
   * The most rows of an uploaded file that is loaded into a table. A file with more is not loaded at all, and its resource
   * says so.
   */
  maxRows: z.int().min(0).default(1_000_000),
  /** The most bytes of an uploaded file that is loaded into a table. */
  maxBytes: z
    .int()
    .min(0)
    .default(100 * 1024 * 1024),
})
export type Settings = z.output<typeof Settings>
