import { em } from '@aldis/models'
import { sql } from 'kysely'

import type { Use } from './feature-adoption.ts'
import { isId } from './reference.ts'

/** A row that was not there before. */
export interface NewAdoption {
  readonly organization: string | null
  readonly feature: string
  /** The id of who used it, if that is a user. */
  readonly user: string | null
}

interface Row {
  readonly organization_id: string | null
  readonly feature: string
  readonly user_id: string | null
}

/**
 * Write that each of `organizations` uses each of `features`, with one statement; resolves with the rows that were not
 * there. Organizations that are not there, or deleted, are left out. Call it in a transaction.
 *
 * Another transaction that writes the same at the same time is waited for, and only one of the two has the row as new.
 */
export async function insertAdoptions(
  organizations: readonly (string | null)[],
  features: readonly string[],
  { user = null, at = new Date() }: Use,
): Promise<NewAdoption[]> {
  const ids = organizations.filter((id) => id !== null)
  const site = organizations.includes(null)
  const actor = user !== null && isId(user.id) ? user.id : null
  // In order: two that write the same in two orders would wait for each other.
  const { rows } = await sql<Row>`
    insert into adopted_features (id, organization_id, feature, since, user_id)
    select gen_random_uuid(), whose.id, used.feature, ${at.toISOString()}::timestamptz,
      (select users.id from users where users.id = ${actor}::uuid)
    from (
      select organizations.id from organizations
        where organizations.id = any(${ids}::uuid[]) and organizations.state = 'active'
      union all select null where ${site}::boolean
    ) as whose, unnest(${features}::text[]) as used(feature)
    order by whose.id, used.feature
    on conflict do nothing
    returning organization_id, feature, user_id`.execute(em().getKysely())
  return rows.map(({ organization_id: organization, feature, user_id: id }) => ({
    organization,
    feature,
    user: id,
  }))
}
