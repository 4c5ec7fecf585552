import type { Validator } from '../interfaces/ivalidators.ts'
import { nameValidator } from './name-validators.ts'
import { organizationNameIsUnique, organizationStateValidator } from './organization-validators.ts'
import {
  emailIsUnique,
  emailValidator,
  roleExists,
  userNameIsUnique,
  userPasswordValidator,
  userStateValidator,
} from './user-validators.ts'
import {
  apiTokenId,
  booleanValidator,
  isoDate,
  naturalNumber,
  notEmpty,
  unicodeSafe,
  uuidValidator,
} from './value-validators.ts'

/** The portal's own validators by name. */
export const builtInValidators: Readonly<Record<string, Validator>> = {
  api_token_id_validator: apiTokenId,
  boolean_validator: booleanValidator,
  email_is_unique: emailIsUnique,
  email_validator: emailValidator,
  isodate: isoDate,
  name_validator: nameValidator,
  natural_number_validator: naturalNumber,
  not_empty: notEmpty,
  organization_name_is_unique: organizationNameIsUnique,
  organization_state_validator: organizationStateValidator,
  role_exists: roleExists,
  unicode_safe: unicodeSafe,
  user_name_is_unique: userNameIsUnique,
  user_password_validator: userPasswordValidator,
  user_state_validator: userStateValidator,
  uuid_validator: uuidValidator,
}
