import { AldisError } from '@aldis/core'

/** A use cannot be recorded as it was told. Nothing was. */
export class FeatureUseError extends AldisError {
  readonly code = 'FEATURE_USE_INVALID'
}

/** A command names an organization that is not there. */
export class FeatureOrganizationError extends AldisError {
  readonly code = 'FEATURE_ORGANIZATION_UNKNOWN'
  readonly exitCode = 3

  constructor(organization: string) {
    super(
      `There is no organization "${organization}". Give the name or the id of one that is not deleted; ` +
        '"aldis features" lists those that use something.',
    )
  }
}
