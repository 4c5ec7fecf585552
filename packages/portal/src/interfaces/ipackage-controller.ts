import { defineInterface, type Interface } from '@aldis/core'

import type { ActionContext } from '../actions/action.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'

/** A dataset as the API shows it. */
export type DatasetDict = Record<string, unknown>

/**
 * Implemented by plugins that take part in what happens to datasets. Unlike receivers they run inside the
 * transaction and can refuse by a throw; extend {@link PackageController} to write only the methods you need.
 */
export interface IPackageController {
  afterDatasetCreate(context: ActionContext, dataset: DatasetDict): void | Promise<void>
  afterDatasetUpdate(context: ActionContext, dataset: DatasetDict): void | Promise<void>
  afterDatasetDelete(context: ActionContext, dataset: DatasetDict): void | Promise<void>
  /** Change what `package_show` returns. */
  afterDatasetShow(context: ActionContext, dataset: DatasetDict): DatasetDict | Promise<DatasetDict>
  /** Change what is searched for. */
  beforeDatasetSearch(parameters: Parameters): Parameters | Promise<Parameters>
  /** Change what was found. */
  afterDatasetSearch(results: DatasetDict, parameters: Parameters): DatasetDict | Promise<DatasetDict>
  /** Change what the dataset's page shows. */
  beforeDatasetView(dataset: DatasetDict): DatasetDict | Promise<DatasetDict>
}

export const IPackageController: Interface<IPackageController> = defineInterface<IPackageController>(
  'portal:IPackageController',
  [
    'afterDatasetCreate',
    'afterDatasetUpdate',
    'afterDatasetDelete',
    'afterDatasetShow',
    'beforeDatasetSearch',
    'afterDatasetSearch',
    'beforeDatasetView',
  ],
)

/** An {@link IPackageController} that does nothing: extend it. */
export class PackageController implements IPackageController {
  afterDatasetCreate(_context: ActionContext, _dataset: DatasetDict): void | Promise<void> {}
  afterDatasetUpdate(_context: ActionContext, _dataset: DatasetDict): void | Promise<void> {}
  afterDatasetDelete(_context: ActionContext, _dataset: DatasetDict): void | Promise<void> {}
  afterDatasetShow(_context: ActionContext, dataset: DatasetDict): DatasetDict | Promise<DatasetDict> {
    return dataset
  }
  beforeDatasetSearch(parameters: Parameters): Parameters | Promise<Parameters> {
    return parameters
  }
  afterDatasetSearch(results: DatasetDict, _parameters: Parameters): DatasetDict | Promise<DatasetDict> {
    return results
  }
  beforeDatasetView(dataset: DatasetDict): DatasetDict | Promise<DatasetDict> {
    return dataset
  }
}
