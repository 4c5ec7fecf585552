/** What an action is called with. */
type ActionParameters = Readonly<Record<string, unknown>>

/** Why an action did not succeed, in the API's words. */
interface ActionFailure {
  readonly statusCode: number
  readonly error: Readonly<Record<string, unknown>> & { readonly __type: string }
}

/** What became of a call. What nobody could expect is thrown instead. */
export type ActionOutcome =
  | { readonly success: true; readonly result: unknown }
  | ({ readonly success: false } & ActionFailure)

/** One action of the API. */
export interface Action {
  readonly name: string
  /** What `help_show` says of it. */
  readonly help: string
  run(parameters: ActionParameters): ActionOutcome | Promise<ActionOutcome>
}

/** A parameter is not as it must be. */
export function invalid(field: string, message: string): ActionOutcome {
  return { success: false, statusCode: 409, error: { __type: 'Validation Error', [field]: [message] } }
}

/** What a parameter names is not there. */
export function notFound(detail: string): ActionOutcome {
  return {
    success: false,
    statusCode: 404,
    error: { __type: 'Not Found Error', message: `Not found: ${detail}` },
  }
}
