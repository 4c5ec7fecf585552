import { z } from 'zod'

/** The settings of the plugin `models`. */
export const Settings = z.strictObject({
  /**
   * The folder of the embedded database, relative to the working directory; null keeps it in memory.
   *
   * @defaultValue `'var/data'`
   */
  folder: z.string().min(1).nullable().default('var/data'),
  /**
   * The connection string of a PostgreSQL server, which is used instead of the embedded database. `DATABASE_URL`
   * in the environment takes precedence. It may hold a password: it is never shown.
   */
  url: z.string().min(1).optional(),
  /** How many connections to PostgreSQL are open at most. The embedded database has one. @defaultValue `10` */
  poolSize: z.int().positive().max(1000).default(10),
})
export type Settings = z.output<typeof Settings>
