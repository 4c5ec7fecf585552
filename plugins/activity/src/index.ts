import { once } from 'node:events'

import {
  PluginContext,
  settingsOf,
  TransactionProvider,
  type Injected,
  type ISignal,
  type IService,
  type SubscriptionMap,
} from '@aldis/core'
import type { IModels, PluginModels } from '@aldis/models'
import {
  chained,
  type Action,
  type AuthFunction,
  type IActions,
  type IAuthFunctions,
  type ITemplateHelpers,
  type TemplateHelpers,
  type TemplateHelperTypes,
} from '@aldis/portal'

import { activityActions, activityAuth } from './activity-actions.ts'
import { ActivityLog } from './activity-log.ts'
import { activityModels } from './activity.ts'
import { keepPruned } from './retention.ts'
import { activitySection } from './sections.ts'
import { Settings } from './settings.ts'
import { whatHappened } from './what-happened.ts'

export type { ActivityDict } from './activity-json.ts'
export { Activity, type Details } from './activity.ts'
export type { SubjectKind, Verb } from './verbs.ts'

/** A stream of who did what, from signals alone. */
export default class ActivityPlugin
  implements IModels, ISignal, IActions, IAuthFunctions, ITemplateHelpers, IService
{
  static readonly settings = Settings
  static readonly inject = [PluginContext, settingsOf(Settings), TransactionProvider] as const

  readonly #context: PluginContext
  readonly #settings: Settings
  readonly #log: ActivityLog

  constructor(...[context, settings, transactions]: Injected<typeof ActivityPlugin.inject>) {
    this.#context = context
    this.#settings = settings
    this.#log = new ActivityLog(transactions, context.logger)
  }

  getModels(): PluginModels {
    return activityModels
  }

  getSignalSubscriptions(): SubscriptionMap {
    return whatHappened(this.#log)
  }

  getActions(): Readonly<Record<string, Action>> {
    return activityActions
  }

  getAuthFunctions(): Readonly<Record<string, AuthFunction>> {
    return activityAuth
  }

  getHelpers(): TemplateHelpers {
    return {
      dataset_sections: chained<TemplateHelperTypes['dataset_sections']>(
        (original) => async (dataset, view) => [
          await original(dataset, view),
          await activitySection(view, 'package_activity_list', dataset['id']),
        ],
      ),
      user_sections: chained<TemplateHelperTypes['user_sections']>((original) => async (user, view) => [
        await original(user, view),
        await activitySection(view, 'user_activity_list', user['id']),
      ]),
    }
  }

  async serve(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    const { keepDays } = this.#settings
    if (keepDays !== null) await keepPruned(keepDays, this.#context.logger, signal)
    else if (!signal.aborted) await once(signal, 'abort')
  }
}
