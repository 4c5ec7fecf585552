import type { Host, Interface } from '@aldis/core'

import type { Action } from './actions/action.ts'
import type { Contribution } from './chained.ts'
import { effective, type Effective, type Source } from './contributions.ts'
import { IActions } from './interfaces/iactions.ts'
import { IAuthFunctions, type AuthFunction } from './interfaces/iauth-functions.ts'
import { ITemplateHelpers, type TemplateHelper } from './interfaces/itemplate-helpers.ts'
import { IValidators, type Validator } from './interfaces/ivalidators.ts'

/** What the portal has of itself: what plugins add to, replace and wrap. */
export interface BuiltIns {
  readonly actions: Readonly<Record<string, Action>>
  readonly authFunctions: Readonly<Record<string, AuthFunction>>
  readonly validators: Readonly<Record<string, Validator>>
  readonly helpers: Readonly<Record<string, TemplateHelper>>
}

/** What stands under each name, of the portal and of all plugins. */
export interface Extensions {
  readonly actions: ReadonlyMap<string, Effective<Action>>
  readonly authFunctions: ReadonlyMap<string, Effective<AuthFunction>>
  readonly validators: ReadonlyMap<string, Effective<Validator>>
  readonly helpers: ReadonlyMap<string, Effective<TemplateHelper>>
}

type Plugins = Pick<Host, 'implementations' | 'plugins'>

/** The extension points of the portal. They follow the plugins: one that is loaded or unloaded counts from the next call. */
export class ExtensionPoints {
  readonly #plugins: Plugins
  readonly #builtIns: BuiltIns
  #seen: Host['plugins'] | undefined
  #current: Extensions | undefined

  constructor(plugins: Plugins, builtIns: BuiltIns) {
    this.#plugins = plugins
    this.#builtIns = builtIns
  }

  /** @throws NothingToChainError when a plugin wraps what nobody has */
  get current(): Extensions {
    const { plugins } = this.#plugins
    if (this.#current === undefined || plugins !== this.#seen) {
      this.#current = this.#collect()
      this.#seen = plugins
    }
    return this.#current
  }

  #collect(): Extensions {
    const { actions, authFunctions, validators, helpers } = this.#builtIns
    return {
      actions: effective(
        'action',
        this.#sources(IActions, (plugin) => plugin.getActions(), actions),
      ),
      authFunctions: effective(
        'authorization function',
        this.#sources(IAuthFunctions, (plugin) => plugin.getAuthFunctions(), authFunctions),
      ),
      validators: effective(
        'validator',
        this.#sources(IValidators, (plugin) => plugin.getValidators(), validators),
      ),
      helpers: effective(
        'template helper',
        this.#sources(ITemplateHelpers, (plugin) => plugin.getHelpers(), helpers),
      ),
    }
  }

  #sources<I, T extends object>(
    type: Interface<I>,
    entriesOf: (plugin: I) => Readonly<Record<string, Contribution<T>>>,
    builtIn: Readonly<Record<string, T>>,
  ): Source<T>[] {
    const contributed = this.#plugins
      .implementations(type)
      .map(({ name, plugin }) => ({ plugin: name, entries: entriesOf(plugin) }))
    return [...contributed, { plugin: 'portal', entries: builtIn }]
  }
}
