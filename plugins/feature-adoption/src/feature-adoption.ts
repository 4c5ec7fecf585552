import { defineToken, type Token, type User } from '@aldis/core'

/** Who used a feature, and when. */
export interface Use {
  /** @defaultValue `null`: nobody knows */
  readonly user?: User | null
  /** @defaultValue now */
  readonly at?: Date
}

/** That a feature is used since then. */
export interface Adoption {
  /** Null for the site itself. */
  readonly organization: { readonly id: string; readonly name: string } | null
  readonly feature: string
  readonly since: Date
  /** Who used it first, where that is known. */
  readonly user: User | null
}

/**
 * Records which organization uses what. An organization is named by its id, and null is the site itself. What is
 * recorded already stays as it is, so every call can be repeated; uses by organizations that are not there, or
 * deleted, are not recorded. Inside a transaction it is a part of that.
 */
export interface FeatureAdoption {
  /**
   * Resolves with whether it is the first use of `feature`.
   *
   * @throws FeatureUseError when `feature` cannot be the name of one, or `organization` no id
   */
  record(organization: string | null, feature: string, use?: Use): Promise<boolean>
  /**
   * Record several features with one statement; resolves with those of which it is the first use, in order of their names.
   *
   * @throws FeatureUseError as {@link FeatureAdoption.record}
   */
  bulkRecord(organization: string | null, features: readonly string[], use?: Use): Promise<readonly string[]>
  /** What an organization, or the site, uses; without an argument all that is recorded, the site first. */
  adopted(organization?: string | null): Promise<readonly Adoption[]>
}

export const FeatureAdoption: Token<FeatureAdoption> = defineToken<FeatureAdoption>(
  'feature_adoption:FeatureAdoption',
)
