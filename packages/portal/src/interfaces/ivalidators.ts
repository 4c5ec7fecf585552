import { defineInterface, type Interface } from '@aldis/core'

import type { ActionContext } from '../actions/action.ts'
import type { Contribution } from '../chained.ts'

/**
 * Returns what `value` is to be, changed or not.
 *
 * @throws Invalid with what the client is told, when it cannot be used
 */
export type Validator = (value: unknown, context: ActionContext) => unknown

/** Thrown by validators. */
export class Invalid extends Error {}

/** Implemented by plugins that add, replace or wrap (`chained`) validators: named checks of parameters. */
export interface IValidators {
  getValidators(): Readonly<Record<string, Contribution<Validator>>>
}

export const IValidators: Interface<IValidators> = defineInterface<IValidators>('portal:IValidators', [
  'getValidators',
])
