import { em, transaction } from '@aldis/models'

import { AdoptedFeature } from './adopted-feature.ts'
import { featureAdopted, type FeatureAdopted, type Subject } from './adoption-signals.ts'
import type { Adoption, FeatureAdoption, Use } from './feature-adoption.ts'
import { insertAdoptions, type NewAdoption } from './new-adoptions.ts'
import { refuseFeature, refuseOrganization } from './reference.ts'
import { organizationsOf, ownerOf } from './whose-use.ts'

/** How long one receiver may hold the recording up. */
const RECEIVER_TIMEOUT_MS = 10_000

/** Records first uses, and tells of each in the transaction that does. */
export class Adoptions implements FeatureAdoption {
  async record(organization: string | null, feature: string, use: Use = {}): Promise<boolean> {
    return (await this.bulkRecord(organization, [feature], use)).length > 0
  }

  async bulkRecord(
    organization: string | null,
    features: readonly string[],
    use: Use = {},
  ): Promise<readonly string[]> {
    refuseOrganization(organization)
    const found = await transaction(() => this.#add([organization], features, use))
    return found.map(({ feature }) => feature)
  }

  /** Record that `features` were used for `subject`. */
  async note(subject: Subject, features: readonly string[], use: Use): Promise<void> {
    await transaction(async () => this.#add(await organizationsOf(subject), features, use))
  }

  async adopted(organization?: string | null): Promise<readonly Adoption[]> {
    if (organization !== undefined) refuseOrganization(organization)
    const rows = await em().find(
      AdoptedFeature,
      organization === undefined
        ? { $or: [{ organization: null }, { organization: { state: 'active' } }] }
        : { organization },
      { populate: ['organization', 'user'], orderBy: { since: 'asc', feature: 'asc' } },
    )
    return rows
      .map(adoptionOf)
      .sort((one, other) => compare(one.organization?.name ?? '', other.organization?.name ?? ''))
  }

  async #add(
    organizations: readonly (string | null)[],
    features: readonly string[],
    use: Use,
  ): Promise<readonly NewAdoption[]> {
    features.forEach(refuseFeature)
    const { at = new Date() } = use
    const rows = await insertAdoptions(organizations, features, { ...use, at })
    rows.sort((one, other) => compare(one.feature, other.feature))
    for (const row of rows) {
      if (!featureAdopted.isHeard) break
      const send = { timeoutMs: RECEIVER_TIMEOUT_MS }
      await featureAdopted.sendRobustAsync(row.feature, await adoptedEvent(row, at), send)
    }
    return rows
  }
}

async function adoptedEvent({ organization, user }: NewAdoption, at: Date): Promise<FeatureAdopted> {
  const since = at.toISOString()
  if (user !== null) return { organization, user, userIs: 'actor', since }
  const owner = organization === null ? undefined : await ownerOf(organization)
  if (owner === undefined) return { organization, user: 'unknown', userIs: 'unknown', since }
  return { organization, user: owner, userIs: 'owner', since }
}

function adoptionOf({ organization, feature, since, user }: AdoptedFeature): Adoption {
  return {
    organization: organization ? { id: organization.id, name: organization.name } : null,
    feature,
    since,
    user: user ? { id: user.id, name: user.name } : null,
  }
}

function compare(one: string, other: string): number {
  if (one === other) return 0
  return one < other ? -1 : 1
}
