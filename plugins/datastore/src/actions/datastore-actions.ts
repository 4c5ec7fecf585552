import type { Action } from '@aldis/portal'

import { answering } from './answered.ts'
import { datastoreCreate } from './datastore-create.ts'
import { datastoreDelete, datastoreRecordsDelete } from './datastore-delete.ts'
import { datastoreInfo } from './datastore-info.ts'
import { datastoreSearch } from './datastore-search.ts'
import { datastoreUpsert } from './datastore-upsert.ts'

/** The actions of the datastore by name. */
export const datastoreActions: Readonly<Record<string, Action>> = {
  datastore_create: answering(datastoreCreate),
  datastore_upsert: answering(datastoreUpsert),
  datastore_delete: answering(datastoreDelete),
  datastore_records_delete: answering(datastoreRecordsDelete),
  datastore_search: answering(datastoreSearch),
  datastore_info: answering(datastoreInfo),
}
