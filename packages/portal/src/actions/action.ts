import type { User } from '@aldis/core'

import type { Parameters } from '../request-parameters/json-parameters.ts'

/** Who calls an action. */
export interface Actor extends User {
  readonly sysadmin: boolean
}

/** What an action runs with. */
export interface ActionContext {
  /** Who calls; null for nobody in particular. */
  readonly actor: Actor | null
  /** Whether the portal itself calls, and nobody's rights are asked for. */
  readonly trusted: boolean
  /**
   * Call another action for the same caller, in the same transaction; one that writes has its own when there is none.
   * What it has done stays done when you catch its failure and go on: for that, call it in a `transaction(…)`.
   */
  call(action: string, parameters: Parameters): Promise<unknown>
  /**
   * Ask whether the caller may do `action`.
   *
   * @throws NotAuthorizedError when not
   */
  checkAccess(action: string, parameters: Parameters): Promise<void>
  /**
   * The value that the validator `name` makes of `value`.
   *
   * @throws ValidationError for `field` when it refuses
   */
  validate(name: string, field: string, value: unknown): Promise<unknown>
  /** Note that the action changed the dataset with this id. */
  changed(datasetId: string): void
}

/** One action of the API. */
export interface Action {
  /** What `help_show` says of it. */
  readonly help: string
  /**
   * Whether it only reads. Then it may be called by GET and has no transaction; any other runs in one, with what it calls.
   *
   * @defaultValue `false`
   */
  readonly sideEffectFree?: boolean
  /**
   * Which authorization function is asked before it runs; null for none: anyone may call it, or it asks itself.
   *
   * @defaultValue the action's own name
   */
  readonly auth?: string | null
  /**
   * Do it, and return what the client gets: plain data. What is frozen is taken to be so all through: returned again, it
   * is answered as the first time. A throw of an {@link ActionError} is told to the client.
   */
  run(context: ActionContext, parameters: Parameters): unknown
}
