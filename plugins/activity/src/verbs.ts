/** What somebody can have done. */
export const VERBS = [
  'dataset_created',
  'dataset_updated',
  'dataset_published',
  'dataset_deleted',
  'resource_created',
  'resource_updated',
  'resource_deleted',
  'datastore_written',
  'datastore_deleted',
  'organization_created',
  'organization_updated',
  'organization_deleted',
  'member_added',
  'member_removed',
  'user_created',
  'password_reset',
  'token_created',
  'token_revoked',
] as const
export type Verb = (typeof VERBS)[number]

/** What only the user whom it is about, and sysadmins, are shown. */
export const PRIVATE_VERBS: readonly Verb[] = ['password_reset', 'token_created', 'token_revoked']

export const SUBJECT_KINDS = ['dataset', 'resource', 'organization', 'user'] as const
export type SubjectKind = (typeof SUBJECT_KINDS)[number]
