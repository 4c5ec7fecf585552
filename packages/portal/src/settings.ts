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
   * What sessions and API tokens are signed with, at least 32 random characters. Without it one is made and kept in
   * `var/secret`; several portals on one database need the same.
   */
  secret: z.string().optional(),
  /** Where uploaded files, mails that are not sent and the secret are kept. */
  folder: z.string().min(1).default('var'),
  /** The server that takes mail, such as `smtp://user:password@mail.example:587`. Without it mails are kept in `var/mail`. */
  mailUrl: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .meta({ secret: true }),
  /** Who mails come from. */
  mailFrom: z.string().min(1).default('portal@localhost'),
  /** The most bytes that the files of one request may have together. */
  maxUploadBytes: z
    .int()
    .min(1)
    .default(100 * 1024 * 1024),
  /** The most bytes that the body of a request may have without its files. */
  bodyLimitBytes: z
    .int()
    .min(1)
    .default(1024 * 1024),
  /** The sites whose pages may read what the API answers, such as `https://app.example`; `'*'` for all. */
  corsOrigins: z
    .union([z.literal('*'), z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin))])
    .default([]),
  /** Whether anyone may make an account, on the page and through `user_create`. */
  openRegistration: z.boolean().default(true),
  /** Whether everyone who is logged in may make datasets that belong to no organization. */
  unownedDatasets: z.boolean().default(true),
  /** Whether a portal that serves for the first time, with a database that was just made, fills it with data to try it with. */
  sampleData: z.boolean().default(false),
  /** How long somebody stays logged in who does nothing, in hours. */
  sessionHours: z
    .number()
    .positive()
    .max(24 * 365)
    .default(24 * 14),
  /** Whether the portal is behind a proxy that tells the client's address in `X-Forwarded-For`. */
  trustProxy: z.boolean().default(false),
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
