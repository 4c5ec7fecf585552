import { apiTime } from '@aldis/portal'
import { z } from 'zod'

import type { Activity } from './activity.ts'
import { SUBJECT_KINDS, VERBS } from './verbs.ts'

/** An activity as the API shows it. */
export const ActivityDict = z.object({
  id: z.number(),
  /** As the API writes times. */
  timestamp: z.string(),
  /** Null for the portal itself, and when the user's row is gone. */
  user_id: z.string().nullable(),
  /** As it was. */
  user_name: z.string().nullable(),
  activity_type: z.enum(VERBS),
  object_type: z.enum(SUBJECT_KINDS),
  object_id: z.string(),
  /** As it was. */
  object_title: z.string(),
  /** The dataset that it is about, as it is now. */
  package: z.object({ id: z.string(), name: z.string(), title: z.string() }).nullable(),
  data: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
})
export type ActivityDict = z.output<typeof ActivityDict>

export function activityDict(activity: Activity): ActivityDict {
  const { id, at, actor, actorName, verb, subjectKind, subjectId, subjectTitle, dataset, data } = activity
  return {
    id,
    timestamp: apiTime(at),
    user_id: actor?.id ?? null,
    user_name: actorName ?? null,
    activity_type: verb,
    object_type: subjectKind,
    object_id: subjectId,
    object_title: subjectTitle,
    package: dataset ? { id: dataset.id, name: dataset.name, title: dataset.title } : null,
    data,
  }
}
