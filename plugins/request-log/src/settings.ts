import { z } from 'zod'

/** What `settings.request_log` of the configuration may say. */
export const Settings = z.object({
  /** The level of the lines. */
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Paths whose requests are not logged: exact, or everything that starts so when the last character is `*`. */
  ignoredPaths: z
    .array(
      z
        .string()
        .regex(/^\/[^*]*\*?$/, { error: 'not a path: start with "/", with "*" at the very end or nowhere' }),
    )
    .default(['/healthz', '/readyz']),
})
export type Settings = z.output<typeof Settings>
