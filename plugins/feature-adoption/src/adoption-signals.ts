import { signals, type User } from '@aldis/core'
import type { Signal } from '@aldis/signals'
import { z } from 'zod'

const SubjectSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['organization', 'dataset', 'resource', 'user']), id: z.string() }),
  z.object({ kind: z.literal('site') }),
])

/** What a feature was used for. Whose use that is follows from it. */
export type Subject = z.output<typeof SubjectSchema>

/** A feature was used. */
export interface FeatureUse {
  readonly subject: Subject
  /** Who used it; null when that is not known. */
  readonly user: User | null
}

const UserSchema = z.object({ id: z.string(), name: z.string() }).readonly()

const FeatureUseSchema: z.ZodType<FeatureUse> = z
  .object({ subject: SubjectSchema, user: UserSchema.nullable() })
  .readonly()

/**
 * Sent by the name of a feature in the transaction that uses it, by plugins that want their features recorded. A name is
 * lower-case, and starts with the plugin's: `billing:invoice`.
 */
export const featureUsed: Signal<string, FeatureUse> = signals.ckanext.declare('feature_adoption_used', {
  doc: 'A feature was used, and is to be recorded.',
  payload: FeatureUseSchema,
  delivery: 'commit',
})

/** An organization, or the site, has used a feature for the first time. */
export interface FeatureAdopted {
  /** The id of the organization; null for the site itself. */
  readonly organization: string | null
  /** The id of the user: see `userIs`. */
  readonly user: string
  /** Whether `user` used it; or is the admin of the organization with the oldest account, since nobody knows who did; or is the text `unknown`. */
  readonly userIs: 'actor' | 'owner' | 'unknown'
  /** When, as ISO 8601. */
  readonly since: string
}

const FeatureAdoptedSchema: z.ZodType<FeatureAdopted> = z
  .object({
    organization: z.string().nullable(),
    user: z.string(),
    userIs: z.enum(['actor', 'owner', 'unknown']),
    since: z.iso.datetime(),
  })
  .readonly()

/** Sent by the name of the feature, in the transaction that records it: once for each organization. */
export const featureAdopted: Signal<string, FeatureAdopted> = signals.ckanext.declare(
  'feature_adoption_adopted',
  {
    doc: 'An organization, or the site, has used a feature for the first time.',
    payload: FeatureAdoptedSchema,
    delivery: 'commit',
  },
)
