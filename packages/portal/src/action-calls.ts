import { signals, type User } from '@aldis/core'
import { transaction } from '@aldis/models'

import { ActionError, NotAuthorizedError, NotFoundError, ValidationError } from './action-errors.ts'
import type { Action, ActionContext, Actor } from './actions/action.ts'
import type { ExtensionPoints } from './extension-points.ts'
import { Invalid } from './interfaces/ivalidators.ts'
import { actionFailed } from './portal-signals.ts'
import { redacted, redactedRecord } from './redaction.ts'
import type { Parameters } from './request-parameters/json-parameters.ts'

/** Who calls. */
export interface Caller {
  /** @defaultValue `null`: nobody in particular */
  readonly actor?: Actor | null
  /** Whether nobody's rights are asked for. @defaultValue `false` */
  readonly trusted?: boolean
}

/** Calls actions: asks for the right, opens the transaction, sends the signals. */
export class ActionCalls {
  readonly #points: ExtensionPoints
  readonly #receiverTimeoutMs: number

  constructor(points: ExtensionPoints, receiverTimeoutMs: number) {
    this.#points = points
    this.#receiverTimeoutMs = receiverTimeoutMs
  }

  /** The action `name`; undefined when nobody has it. */
  find(name: string): Action | undefined {
    return this.#points.current.actions.get(name)?.value
  }

  /**
   * Call the action `name` with `parameters` as `caller`. One that writes has a transaction for itself and all that it calls;
   * it is committed, and receivers have heard of it, when this resolves.
   *
   * @throws ActionError with what the caller is to be told
   */
  async call(name: string, parameters: Parameters, caller: Caller = {}): Promise<unknown> {
    const action = this.#known(name)
    try {
      return await this.#perform(name, action, parameters, caller, false)
    } catch (error) {
      await this.#sendFailed(name, parameters, caller, error)
      throw error
    }
  }

  /** Ask whether `caller` may do `action`. */
  async checkAccess(action: string, parameters: Parameters, caller: Caller = {}): Promise<void> {
    await this.#checkAccess(action, this.#contextFor(caller, new Set(), false), parameters)
  }

  /** @throws NotFoundError when nobody has the action */
  #known(name: string): Action {
    const action = this.find(name)
    if (action === undefined) throw new NotFoundError(`Action name not known: ${name}`)
    return action
  }

  /** Run `action`: one that writes in the transaction of the action that calls it, or else in its own. */
  #perform(
    name: string,
    action: Action,
    parameters: Parameters,
    caller: Caller,
    hasTransaction: boolean,
  ): Promise<unknown> {
    return hasTransaction || action.sideEffectFree === true
      ? this.#run(name, action, parameters, caller, hasTransaction)
      : transaction(() => this.#run(name, action, parameters, caller, true))
  }

  async #run(
    name: string,
    action: Action,
    parameters: Parameters,
    caller: Caller,
    hasTransaction: boolean,
  ): Promise<unknown> {
    const changed = new Set<string>()
    const context = this.#contextFor(caller, changed, hasTransaction)
    const auth = action.auth === undefined ? name : action.auth
    if (auth !== null) await this.#checkAccess(auth, context, parameters)
    const result = await action.run(context, parameters)
    if (signals.actionSucceed.isHeard) await this.#sendSucceed(name, parameters, context, result, changed)
    return result
  }

  #contextFor(caller: Caller, changed: Set<string>, hasTransaction: boolean): ActionContext {
    const { actor = null, trusted = false } = caller
    const context: ActionContext = {
      actor,
      trusted,
      call: async (name, parameters) =>
        this.#perform(name, this.#known(name), parameters, caller, hasTransaction),
      checkAccess: (action, parameters) => this.#checkAccess(action, context, parameters),
      validate: (name, field, value) => this.#validate(name, field, value, context),
      changed: (id) => void changed.add(id),
    }
    return context
  }

  async #checkAccess(name: string, context: ActionContext, parameters: Parameters): Promise<void> {
    if (context.trusted) return
    const auth = this.#points.current.authFunctions.get(name)?.value
    if (auth === undefined) throw new NotAuthorizedError(`nobody has decided who may call ${name}`)
    if (context.actor?.sysadmin === true && auth.checkSysadmins !== true) return
    if (context.actor === null && auth.allowAnonymous !== true) {
      throw new NotAuthorizedError(`Action ${name} requires an authenticated user`)
    }
    const outcome = await auth.decide(context, parameters)
    if (!outcome.success) throw new NotAuthorizedError(outcome.msg)
  }

  async #validate(name: string, field: string, value: unknown, context: ActionContext): Promise<unknown> {
    const validator = this.#points.current.validators.get(name)?.value
    if (validator === undefined) throw new TypeError(`There is no validator "${name}".`)
    try {
      return await validator(value, context)
    } catch (error) {
      if (error instanceof Invalid) throw new ValidationError({ [field]: [error.message] })
      throw error
    }
  }

  async #sendSucceed(
    name: string,
    parameters: Parameters,
    { actor }: ActionContext,
    result: unknown,
    changed: ReadonlySet<string>,
  ): Promise<void> {
    const signal = signals.actionSucceed
    // Who only watches that it is sent does not get the payload, and a search's result takes long to copy.
    const isReceived = signal.hasReceiversFor(name)
    const payload = {
      actor: userOf(actor),
      dataDict: isReceived ? redactedRecord(parameters) : {},
      result: isReceived ? redacted(result) : null,
      changed: [...changed],
    }
    await signal.sendRobustAsync(name, payload, { timeoutMs: this.#receiverTimeoutMs })
  }

  async #sendFailed(name: string, parameters: Parameters, caller: Caller, error: unknown): Promise<void> {
    if (!actionFailed.isHeard) return
    const known = error instanceof ActionError
    const payload = {
      actor: userOf(caller.actor ?? null),
      dataDict: redactedRecord(parameters),
      error: {
        type: known ? error.failure.__type : 'Internal Server Error',
        message: known ? error.message : 'Internal Server Error',
      },
    }
    await actionFailed.sendRobustAsync(name, payload, { timeoutMs: this.#receiverTimeoutMs })
  }
}

/** As signals know a user. */
function userOf(actor: Actor | null): User | null {
  return actor && { id: actor.id, name: actor.name }
}
