import {
  PluginContext,
  type Command,
  type ICommands,
  type Injected,
  type ISignal,
  type SubscriptionMap,
} from '@aldis/core'
import type { IModels, PluginModels } from '@aldis/models'
import type { Action, AuthFunction, IActions, IAuthFunctions } from '@aldis/portal'

import { adoptionModels } from './adopted-feature.ts'
import { Adoptions } from './adoptions.ts'
import { featureActions, featureAuth } from './feature-actions.ts'
import { FeatureAdoption } from './feature-adoption.ts'
import { featuresCommand } from './features-command.ts'
import { usedFeatures } from './used-features.ts'

export { AdoptedFeature } from './adopted-feature.ts'
export * from './adoption-signals.ts'
export { FeatureAdoption, type Adoption, type Use } from './feature-adoption.ts'
export * from './feature-errors.ts'

/** Records, once for each organization and feature, what is used since when. */
export default class FeatureAdoptionPlugin implements IModels, ISignal, ICommands, IActions, IAuthFunctions {
  static readonly inject = [PluginContext] as const

  readonly #adoptions = new Adoptions()

  constructor(...[context]: Injected<typeof FeatureAdoptionPlugin.inject>) {
    context.provide(FeatureAdoption, () => this.#adoptions)
  }

  getModels(): PluginModels {
    return adoptionModels
  }

  getSignalSubscriptions(): SubscriptionMap {
    return usedFeatures(this.#adoptions)
  }

  getCommands(): readonly Command[] {
    return [featuresCommand(this.#adoptions)]
  }

  getActions(): Readonly<Record<string, Action>> {
    return featureActions(this.#adoptions)
  }

  getAuthFunctions(): Readonly<Record<string, AuthFunction>> {
    return featureAuth
  }
}
