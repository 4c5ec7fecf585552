import { defineInterface, type Interface } from '@aldis/core'

import type { ActionContext } from '../actions/action.ts'
import type { Contribution } from '../chained.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'

/** Whether something is allowed, and if not, why. */
export type AuthOutcome = { readonly success: true } | { readonly success: false; readonly msg?: string }

/** Decides who may call an action. */
export interface AuthFunction {
  /** Whether those who are not logged in are asked about at all; refused without a look otherwise. @defaultValue `false` */
  readonly allowAnonymous?: boolean
  /** Whether sysadmins are asked about too; they may do everything otherwise. @defaultValue `false` */
  readonly checkSysadmins?: boolean
  decide(context: ActionContext, parameters: Parameters): AuthOutcome | Promise<AuthOutcome>
}

/** Implemented by plugins that decide who may do what: they add, replace or wrap (`chained`) authorization functions. */
export interface IAuthFunctions {
  /** The authorization functions by the names of the actions that they are about. */
  getAuthFunctions(): Readonly<Record<string, Contribution<AuthFunction>>>
}

export const IAuthFunctions: Interface<IAuthFunctions> = defineInterface<IAuthFunctions>(
  'portal:IAuthFunctions',
  ['getAuthFunctions'],
)
