import type { User } from '@aldis/core'

import type { Details } from './activity.ts'
import type { SubjectKind, Verb } from './verbs.ts'

/** What somebody did, as it is noted. */
export interface Entry {
  readonly at: Date
  readonly actor: User | null
  readonly verb: Verb
  readonly subject: {
    readonly kind: SubjectKind
    readonly id: string
    readonly title: string
  }
  /** The id of the dataset that it is about. */
  readonly dataset?: string
  readonly data?: Details
}

/** One to be completed when the transaction is about to commit; undefined when its subject is not there. */
export type LateEntry = () => Promise<Entry | undefined>
