import { PluginContext, settingsOf, SubscriptionMap, type Injected, type ISignal } from '@aldis/core'
import { preSave, type IModels, type PluginModels } from '@aldis/models'
import {
  Portal,
  Resource,
  ResourceController,
  resourceDeleted,
  type Action,
  type AuthFunction,
  type IActions,
  type IAuthFunctions,
  type ResourceDict,
} from '@aldis/portal'

import { datastoreActions } from './actions/datastore-actions.ts'
import { datastoreAuth } from './datastore-auth.ts'
import { datastoreModels } from './datastore-schema.ts'
import { dropWithResource, keepTrue } from './resource-receivers.ts'
import { Settings } from './settings.ts'

/** Tables for resources, through CKAN's actions. */
export default class DatastorePlugin
  extends ResourceController
  implements IModels, ISignal, IActions, IAuthFunctions
{
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Portal] as const

  readonly #portal: Portal

  constructor(...[, , portal]: Injected<typeof DatastorePlugin.inject>) {
    super()
    this.#portal = portal
  }

  getModels(): PluginModels {
    return datastoreModels
  }

  getActions(): Readonly<Record<string, Action>> {
    return datastoreActions
  }

  getAuthFunctions(): Readonly<Record<string, AuthFunction>> {
    return datastoreAuth
  }

  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap()
      .on(preSave, keepTrue, { sender: Resource, id: 'keep_datastore_active' })
      .on(resourceDeleted, dropWithResource, { id: 'drop_with_resource', delivery: 'inline' })
  }

  override beforeResourceShow(resource: ResourceDict): ResourceDict {
    return {
      datastore_active: false,
      ...resource,
      ...(resource['url_type'] === 'datastore' && {
        url: `${this.#portal.site.url}/datastore/dump/${String(resource['id'])}`,
      }),
    }
  }
}
