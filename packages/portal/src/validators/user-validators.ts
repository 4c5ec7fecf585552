import { em } from '@aldis/models'
import { z } from 'zod'

import { CAPACITIES } from '../entities/member.ts'
import { User, USER_STATES } from '../entities/user.ts'
import { findLogin } from '../accounts/find-login.ts'
import { Invalid, type Validator } from '../interfaces/ivalidators.ts'
import { oneOf, textOf } from './value-validators.ts'

const SHORTEST_PASSWORD = 8
const LONGEST_PASSWORD = 1024
const Email = z.email().max(254)

/** Takes an e-mail address. */
export const emailValidator: Validator = (value) => {
  const email = textOf(value).trim()
  if (!Email.safeParse(email).success) throw new Invalid(`Email ${email} is not a valid format`)
  return email
}

/** Refuses an e-mail address that a user has, in whatever case. */
export const emailIsUnique: Validator = async (value) => {
  const email = textOf(value)
  if ((await findLogin(email)) !== undefined) throw new Invalid(emailTaken(email))
  return email
}

/** What is said of an e-mail address that a user has. */
export function emailTaken(email: string): string {
  return `The email address '${email}' belongs to a registered user.`
}

/** Refuses a name that a user has, or had: a deleted one keeps it. */
export const userNameIsUnique: Validator = async (value) => {
  const name = textOf(value)
  if ((await em().count(User, { name })) > 0) throw new Invalid(USER_NAME_TAKEN)
  return name
}

/** What is said of a name that a user has. */
export const USER_NAME_TAKEN = 'That login name is not available.'

/** Takes a password that is neither too short to be one nor too long to be typed. */
export const userPasswordValidator: Validator = (value) => {
  if (typeof value !== 'string') throw new Invalid('Passwords must be strings')
  if (value.length < SHORTEST_PASSWORD) {
    throw new Invalid(`Your password must be ${SHORTEST_PASSWORD} characters or longer`)
  }
  if (value.length > LONGEST_PASSWORD) {
    throw new Invalid(`Your password must be ${LONGEST_PASSWORD} characters or shorter`)
  }
  return value
}

/** Takes the state of a user. */
export const userStateValidator: Validator = (value) => oneOf(USER_STATES, value)

/** Takes what a member can be in an organization. */
export const roleExists: Validator = (value) => oneOf(CAPACITIES, value)
