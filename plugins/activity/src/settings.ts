import { z } from 'zod'

/** What `settings.activity` of the configuration may say. */
export const Settings = z.object({
  /** How many days activities are kept; null for ever. */
  keepDays: z.number().positive().max(36_500).nullable().default(null),
})
export type Settings = z.output<typeof Settings>
