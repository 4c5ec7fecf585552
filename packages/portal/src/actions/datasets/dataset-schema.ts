import { z } from 'zod'

import { UploadedFile } from '../../request-parameters/uploaded-file.ts'
import { isoTime } from '../../validators/iso-time.ts'
import { isUuid } from '../../validators/uuid.ts'

/** Paths of pages, which a dataset's name would hide. */
const RESERVED_NAMES = ['new', 'edit', 'search']

const missing = (issue: { readonly input?: unknown }): string =>
  issue.input === undefined || issue.input === null ? 'Missing value' : 'Must be a text'

/** PostgreSQL stores neither the character NUL nor half a character. */
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

const UNSTORABLE = 'Must be without characters that cannot be stored'

const text = z.string({ error: missing }).refine(isStorable, UNSTORABLE)

const required = text.refine((value) => value.trim() !== '', 'Missing value')

/** A text, or nothing. Forms have numbers too, as texts. */
const optional = z
  .union([text, z.number().transform(String)], { error: 'Must be a text' })
  .nullish()
  .transform((value) => value ?? null)

/** As {@link optional}; an empty one is nothing. */
const filled = optional.transform((value) => (value === '' ? null : value))

const email = optional.refine(
  (value) => value === null || value === '' || z.email().safeParse(value).success,
  {
    error: ({ input }) => `Email ${String(input)} is not a valid format`,
  },
)

/** Forms say it with words. */
const truth = z.union(
  [
    z.boolean(),
    z.stringbool({ truthy: ['true', 'yes', 't', 'y', '1'], falsy: ['false', 'no', 'f', 'n', '0'] }),
  ],
  { error: 'Must be true or false' },
)

const name = required.superRefine((value, context) => {
  if (value.trim() === '') return
  if (value.length < 2) context.addIssue('Must be at least 2 characters long')
  if (value.length > 100) context.addIssue('Name must be a maximum of 100 characters long')
  if (!/^[a-z0-9_-]*$/.test(value)) {
    context.addIssue('Must be purely lowercase alphanumeric (ascii) characters and these symbols: -_')
  }
  if (RESERVED_NAMES.includes(value) || isUuid(value)) context.addIssue('That name cannot be used')
})

const tagName = required.superRefine((value, context) => {
  if (value.trim() === '') return
  if (value.length < 2) context.addIssue(`Tag "${value}" length is less than minimum 2`)
  if (value.length > 100) context.addIssue(`Tag "${value}" length is more than maximum 100`)
  if (!/^[\p{L}\p{N}\p{M} _.-]*$/u.test(value)) {
    context.addIssue(
      `Tag "${value}" can only contain alphanumeric characters, spaces (" "), hyphens ("-"), underscores ("_") or dots (".")`,
    )
  }
})

const tags = z
  .array(z.object({ name: tagName }))
  .transform((list) => [...new Set(list.map((tag) => tag.name.trim()))].toSorted())

const extras = z
  .array(
    z.object({
      key: required,
      value: z.union([text, z.union([z.number(), z.boolean()]).transform(String)], {
        error: 'Missing value',
      }),
    }),
  )
  .superRefine((list, context) => {
    const keys = new Set<string>()
    for (const [position, { key }] of list.entries()) {
      if (keys.has(key)) {
        context.addIssue({ code: 'custom', path: [position, 'key'], message: `Duplicate key "${key}"` })
      }
      keys.add(key)
    }
  })

/** A time that may be left out, as ISO writes it; without a zone it is UTC. */
const time = optional.transform((value, context) => {
  if (value === null || value === '') return null
  const parsed = isoTime(value)
  if (parsed === undefined) context.addIssue('Date format incorrect')
  return parsed ?? null
})

const size = z
  .union(
    [
      z.int().min(0),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
      z.literal('').transform(() => null),
    ],
    {
      error: 'Invalid integer',
    },
  )
  .nullish()
  .transform((value) => value ?? null)

/** A browser runs these links instead of following them. */
const RUNNING = ['javascript:', 'data:', 'vbscript:']

/** Whether `link` is none that a browser runs, however it is spelled: it is read as browsers read it. */
function isHarmless(link: string): boolean {
  return !RUNNING.includes(URL.parse(link)?.protocol ?? '')
}

const link = filled.refine((value) => value === null || isHarmless(value), 'Must be a link to a place')

const upload = z
  .union([z.custom<UploadedFile>((value) => UploadedFile.is(value)), z.literal('').transform(() => null)], {
    error: 'Must be a file',
  })
  .nullish()
  .transform((value) => value ?? null)

/** What values that clients made up may hold, at any depth. */
function isStorableValue(value: unknown): boolean {
  if (UploadedFile.is(value)) return false
  if (typeof value === 'string') return isStorable(value)
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, inner]) => isStorable(key) && isStorableValue(inner))
}

/** A resource as clients send it. */
export const ResourceInput = z
  .looseObject({
    id: filled,
    name: optional,
    description: optional,
    url: link,
    url_type: filled.optional(),
    format: filled,
    mimetype: filled,
    hash: filled,
    size,
    last_modified: time,
    upload,
  })
  .superRefine((resource, context) => {
    for (const [key, value] of Object.entries(resource)) {
      if (key === 'upload' || (isStorable(key) && isStorableValue(value))) continue
      context.addIssue({ code: 'custom', path: [key], message: UNSTORABLE })
    }
  })
export type ResourceInput = z.output<typeof ResourceInput>

/** A dataset as clients send it. What it does not name is not looked at. */
export const DatasetInput = z.object({
  id: filled,
  name,
  title: filled,
  notes: optional,
  type: text.regex(/^[a-z][a-z0-9_-]{0,99}$/, 'Must be the name of a type').optional(),
  owner_org: filled.optional(),
  private: truth.nullish(),
  state: z.enum(['draft', 'active', 'deleted'], { error: 'Must be draft, active or deleted' }).nullish(),
  author: optional,
  author_email: email,
  maintainer: optional,
  maintainer_email: email,
  license_id: optional,
  url: link,
  version: optional,
  tags: tags.nullish(),
  extras: extras.nullish(),
  resources: z.array(ResourceInput, { error: 'Must be a list of resources' }).nullish(),
  metadata_modified: time,
})
export type DatasetInput = z.output<typeof DatasetInput>
