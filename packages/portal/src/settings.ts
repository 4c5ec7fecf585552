import { z } from 'zod'

/** What `settings.portal` of the configuration may say. */
export const Settings = z.object({
  /** The site's name, on every page and in `status_show`. */
  title: z.string().trim().min(1).default('Aldis portal'),
  /** One sentence about the site. */
  description: z.string().default(''),
  /**
   * Where people reach the site, when that is not where it listens: behind a
   * proxy, say. Links in answers of the API start with it.
   */
  siteUrl: z
    .url({ protocol: /^https?$/ })
    .transform((url) => url.replace(/\/+$/, ''))
    .optional(),
  /** The language of the pages, as in HTML's `lang`. */
  locale: z
    .string()
    .regex(/^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/, { error: 'not a language tag such as "en" or "pt-BR"' })
    .default('en'),
  /** The address to listen at. The environment's `HOST` takes precedence. */
  host: z.string().trim().min(1).default('127.0.0.1'),
  /** The port to listen at; 0 for any free one. The environment's `PORT` takes precedence. */
  port: z.int().min(0).max(65_535).default(5000),
  /**
   * How long one receiver of a request signal may hold a request up. Given up,
   * it is reported and the request goes on. Start with the default; lower it when a
   * slow plugin must not be felt.
   */
  receiverTimeoutMs: z.int().min(1).default(10_000),
  /**
   * How long a plugin's route may take to answer; after that the answer is 503.
   * Keep it longer than the slowest honest answer.
   */
  handlerTimeoutMs: z.int().min(1).default(30_000),
  /**
   * How long the portal goes on taking requests when it is told to stop, while `/readyz`
   * answers 503. Behind a load balancer, set a little more than the time between its probes.
   */
  stopDelayMs: z.int().min(0).default(0),
  /**
   * How long running requests may take to finish when the portal stops. What is
   * not done by then is cut off. Keep it shorter than what your process manager waits.
   */
  stopTimeoutMs: z.int().min(0).default(10_000),
})
export type Settings = z.output<typeof Settings>
