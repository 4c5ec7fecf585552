import {
  PluginContext,
  settingsOf,
  SubscriptionMap,
  type Blueprint,
  type Injected,
  type ISignal,
} from '@aldis/core'
import { preSave, type IModels, type PluginModels } from '@aldis/models'
import {
  chained,
  Portal,
  Resource,
  ResourceController,
  resourceCreated,
  resourceDeleted,
  resourceUpdated,
  type Action,
  type AuthFunction,
  type IActions,
  type IAuthFunctions,
  type IBlueprint,
  type ITemplateHelpers,
  type ResourceDict,
  type ResourceEvent,
  type TemplateHelpers,
  type TemplateHelperTypes,
} from '@aldis/portal'

import { datastoreActions } from './actions/datastore-actions.ts'
import { datastoreAuth } from './datastore-auth.ts'
import { datastoreModels } from './datastore-schema.ts'
import { dumpBlueprint } from './dump.ts'
import { FileLoads } from './file-loads.ts'
import { previewSection } from './preview.ts'
import { dropWithResource, keepTrue } from './resource-receivers.ts'
import { Settings } from './settings.ts'

/** Tables for resources, through CKAN's actions. */
export default class DatastorePlugin
  extends ResourceController
  implements IModels, ISignal, IActions, IAuthFunctions, IBlueprint, ITemplateHelpers
{
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), Portal] as const

  readonly #portal: Portal
  readonly #loads: FileLoads

  constructor(...[context, settings, portal]: Injected<typeof DatastorePlugin.inject>) {
    super()
    const { logger, resources, signal } = context
    this.#portal = portal
    this.#loads = new FileLoads({ ...settings, storage: portal.storage, signal }, logger)
    resources.defer(() => this.#loads.settled())
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
      .on(resourceCreated, this.#loadFile, { id: 'load_new_file', delivery: 'commit' })
      .on(resourceUpdated, this.#loadFile, { id: 'load_other_file', delivery: 'commit' })
  }

  getBlueprints(): readonly Blueprint[] {
    return [dumpBlueprint(this.#portal)]
  }

  getHelpers(): TemplateHelpers {
    return {
      resource_sections: chained<TemplateHelperTypes['resource_sections']>(
        (original) => async (resource, view) => [
          await original(resource, view),
          await previewSection(resource, view),
        ],
      ),
    }
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

  readonly #loadFile = async (id: string, { contentChanged, urlType }: ResourceEvent): Promise<void> => {
    if (contentChanged && urlType === 'upload') await this.#loads.add(id)
  }
}
