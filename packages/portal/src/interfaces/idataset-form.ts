import { defineInterface, type Interface } from '@aldis/core'

/** Implemented by plugins that register types of dataset. */
export interface IDatasetForm {
  /** The names of the types, such as `fancy_type`. Asked for when the portal starts to serve. */
  packageTypes(): readonly string[]
}

export const IDatasetForm: Interface<IDatasetForm> = defineInterface<IDatasetForm>('portal:IDatasetForm', [
  'packageTypes',
])
