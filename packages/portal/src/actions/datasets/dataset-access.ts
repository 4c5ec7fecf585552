import { em } from '@aldis/models'
import { sql, type RawBuilder } from 'kysely'

import type { Capacity } from '../../entities/member.ts'
import type { ActionContext } from '../action.ts'
import { isUuid } from '../../validators/uuid.ts'

/** What decides who may do what with a dataset. */
export interface DatasetAccess {
  readonly id: string
  readonly state: string
  readonly private: boolean
  readonly organizationId: string | null
  readonly creatorId: string | null
  /** The caller's part in the dataset's organization. */
  readonly capacity: Capacity | null
}

/** SQL for the {@link DatasetAccess} of the dataset `d`, as the value of one column. */
export function accessJson({ actor }: ActionContext): RawBuilder<DatasetAccess> {
  const capacity =
    actor === null
      ? sql`null`
      : sql`(select m.capacity from members m where m.organization_id = d.organization_id and m.user_id = ${actor.id})`
  return sql`json_build_object(
    'id', d.id, 'state', d.state, 'private', d.private, 'organizationId', d.organization_id,
    'creatorId', d.creator_id, 'capacity', ${capacity})`
}

/** SQL for whether the dataset `d` is meant by `reference`. Those that are deleted have no name any more. */
export function isDataset(reference: string): RawBuilder<boolean> {
  return isUuid(reference)
    ? sql`d.id = ${reference.toLowerCase()}`
    : sql`d.name = ${reference} and d.state <> 'deleted'`
}

/** What was read already, by the action that asks whether its caller may have it. */
const known = new WeakMap<ActionContext, { readonly reference: string; readonly access: DatasetAccess }>()

/** Have the authorization that `context` asks for about `reference` use `access`, and not read the same again. */
export function rememberAccess(context: ActionContext, reference: string, access: DatasetAccess): void {
  known.set(context, { reference, access })
}

/** What decides about the dataset `reference`; undefined when there is none. */
export async function datasetAccess(
  context: ActionContext,
  reference: string,
): Promise<DatasetAccess | undefined> {
  const remembered = known.get(context)
  if (remembered?.reference === reference) return remembered.access
  const { rows } = await sql<{ access: DatasetAccess }>`
    select ${accessJson(context)} as access from datasets d where ${isDataset(reference)}
  `.execute(em().getKysely())
  return rows[0]?.access
}

/** What decides about the dataset of the resource `id`; undefined when there is none. */
export async function resourceAccess(context: ActionContext, id: string): Promise<DatasetAccess | undefined> {
  const remembered = known.get(context)
  if (remembered?.reference === id) return remembered.access
  if (!isUuid(id)) return undefined
  const { rows } = await sql<{ access: DatasetAccess }>`
    select ${accessJson(context)} as access
    from resources r join datasets d on d.id = r.dataset_id
    where r.id = ${id} and r.state = 'active'
  `.execute(em().getKysely())
  return rows[0]?.access
}
