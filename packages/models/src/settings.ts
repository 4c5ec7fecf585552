import { z } from 'zod'

/** The settings of the plugin `models`. */
export const Settings = z.strictObject({
  /**
   * The folder of the embedded database, relative to the working directory; null keeps it in memory.
   * Not used where there is a `url`, or a `DATABASE_URL` in the environment; null is, whatever the environment has.
   *
   * @defaultValue `'var/data'`
   */
  folder: z.string().min(1).nullable().default('var/data'),
  /**
   * The connection string of a PostgreSQL server, which is used instead of the embedded database.
   * `DATABASE_URL` in the environment is used where this is not set. It may hold a password: it is never shown.
   *
   * @defaultValue `DATABASE_URL`
   */
  url: z.string().min(1).optional().meta({ secret: true }),
  /** How many connections to PostgreSQL are open at most. The embedded database has one. @defaultValue `10` */
  poolSize: z.int().positive().max(1000).default(10),
})
export type Settings = z.output<typeof Settings>
