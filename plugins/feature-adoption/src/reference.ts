import { FeatureUseError } from './feature-errors.ts'

const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i
const FEATURE = /^(?=.{1,100}$)[a-z][a-z\d_]*(?::[a-z\d_]+)*$/

/** Whether `text` can be compared with a column of ids. */
export function isId(text: string): boolean {
  return UUID.test(text)
}

/** @throws FeatureUseError when `feature` cannot be the name of one */
export function refuseFeature(feature: string): void {
  if (FEATURE.test(feature)) return
  throw new FeatureUseError(
    `${JSON.stringify(feature)} cannot be the name of a feature: it is lower-case letters, digits and underscores, at most ` +
      '100, and may have parts with colons between, such as "billing:invoice".',
  )
}

/** @throws FeatureUseError when `organization` is no id */
export function refuseOrganization(organization: string | null): void {
  if (organization === null || isId(organization)) return
  throw new FeatureUseError(
    `${JSON.stringify(organization)} is not the id of an organization: that is a UUID, or null for the site.`,
  )
}
