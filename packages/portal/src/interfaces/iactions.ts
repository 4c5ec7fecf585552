import { defineInterface, type Interface } from '@aldis/core'

import type { Action } from '../actions/action.ts'
import type { Contribution } from '../chained.ts'

/**
 * Implemented by plugins that add actions to the API, replace one, or wrap one with `chained`. Of two
 * plugins that have one name, the earlier in the configuration wins.
 */
export interface IActions {
  /** The actions by name. Asked for when the portal starts to serve, and again when plugins change. */
  getActions(): Readonly<Record<string, Contribution<Action>>>
}

export const IActions: Interface<IActions> = defineInterface<IActions>('portal:IActions', ['getActions'])
