import { defineInterface, type Interface } from '@aldis/core'

/**
 * Implemented by plugins that register types of group or of organization. Each
 * type gets routes below its name; `register_blueprint` is sent before they are made.
 *
 * @example
 * ```ts
 * import type { IGroupForm } from '@aldis/portal'
 *
 * export default class CrewsPlugin implements IGroupForm {
 *   groupTypes(): string[] {
 *     return ['crew']
 *   }
 *
 *   isOrganization(): boolean {
 *     return false
 *   }
 * }
 * ```
 */
export interface IGroupForm {
  /** The names of the types, such as `team`. Asked for when the portal starts to serve. */
  groupTypes(): readonly string[]
  /** Whether these are types of organization: groups that own datasets. */
  isOrganization(): boolean
}

export const IGroupForm: Interface<IGroupForm> = defineInterface<IGroupForm>('portal:IGroupForm', [
  'groupTypes',
  'isOrganization',
])
