import { defineInterface, type Interface } from '@aldis/core'

/**
 * Implemented by plugins that register types of dataset. Each type gets routes
 * below its name; `register_blueprint` is sent before they are made.
 *
 * A name that cannot be a type's, or that is taken, ends the start of the portal:
 * `TYPE_NAME_INVALID`, `TYPE_TAKEN`.
 *
 * @example
 * ```ts
 * import type { IDatasetForm } from '@aldis/portal'
 *
 * export default class BoatsPlugin implements IDatasetForm {
 *   packageTypes(): string[] {
 *     return ['boat']
 *   }
 * }
 * ```
 */
export interface IDatasetForm {
  /** The names of the types, such as `fancy_type`. Asked for when the portal starts to serve. */
  packageTypes(): readonly string[]
}

export const IDatasetForm: Interface<IDatasetForm> = defineInterface<IDatasetForm>('portal:IDatasetForm', [
  'packageTypes',
])
