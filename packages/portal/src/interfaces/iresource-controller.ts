import { defineInterface, type Interface } from '@aldis/core'

import type { ActionContext } from '../actions/action.ts'

/** A resource as the API shows it. */
export type ResourceDict = Record<string, unknown>

/**
 * Implemented by plugins that take part in what happens to resources, inside the transaction: a throw
 * refuses. Extend {@link ResourceController} to write only the methods you need.
 */
export interface IResourceController {
  beforeResourceCreate(context: ActionContext, resource: ResourceDict): void | Promise<void>
  afterResourceCreate(context: ActionContext, resource: ResourceDict): void | Promise<void>
  beforeResourceUpdate(
    context: ActionContext,
    current: ResourceDict,
    resource: ResourceDict,
  ): void | Promise<void>
  afterResourceUpdate(context: ActionContext, resource: ResourceDict): void | Promise<void>
  beforeResourceDelete(context: ActionContext, resource: ResourceDict): void | Promise<void>
  /** `resources` are those that the dataset has left. */
  afterResourceDelete(context: ActionContext, resources: readonly ResourceDict[]): void | Promise<void>
  /** Change what `resource_show` returns. */
  beforeResourceShow(resource: ResourceDict): ResourceDict | Promise<ResourceDict>
}

export const IResourceController: Interface<IResourceController> = defineInterface<IResourceController>(
  'portal:IResourceController',
  [
    'beforeResourceCreate',
    'afterResourceCreate',
    'beforeResourceUpdate',
    'afterResourceUpdate',
    'beforeResourceDelete',
    'afterResourceDelete',
    'beforeResourceShow',
  ],
)

/** An {@link IResourceController} that does nothing: extend it. */
export class ResourceController implements IResourceController {
  beforeResourceCreate(_context: ActionContext, _resource: ResourceDict): void | Promise<void> {}
  afterResourceCreate(_context: ActionContext, _resource: ResourceDict): void | Promise<void> {}
  beforeResourceUpdate(
    _context: ActionContext,
    _current: ResourceDict,
    _resource: ResourceDict,
  ): void | Promise<void> {}
  afterResourceUpdate(_context: ActionContext, _resource: ResourceDict): void | Promise<void> {}
  beforeResourceDelete(_context: ActionContext, _resource: ResourceDict): void | Promise<void> {}
  afterResourceDelete(_context: ActionContext, _resources: readonly ResourceDict[]): void | Promise<void> {}
  beforeResourceShow(resource: ResourceDict): ResourceDict | Promise<ResourceDict> {
    return resource
  }
}
