import { AldisError } from '@aldis/core'

/** Why an action did not succeed, as clients of the API are told. */
export interface ActionFailure {
  readonly __type: string
  readonly [field: string]: unknown
}

/** An action refuses. What is no ActionError is a failure of ours, and clients learn nothing of it. */
export abstract class ActionError extends AldisError {
  abstract readonly statusCode: number
  /** The `error` of the envelope. */
  abstract readonly failure: ActionFailure
}

/** What a parameter names is not there, or the caller must not know that it is. */
export class NotFoundError extends ActionError {
  readonly code = 'PORTAL_NOT_FOUND'
  readonly statusCode = 404

  /** `detail` goes to the client. */
  constructor(detail = '') {
    super(detail === '' ? 'Not found' : `Not found: ${detail}`)
  }

  get failure(): ActionFailure {
    return { __type: 'Not Found Error', message: this.message }
  }
}

/** The caller may not do that. */
export class NotAuthorizedError extends ActionError {
  readonly code = 'PORTAL_NOT_AUTHORIZED'
  readonly statusCode = 403

  /** `detail` goes to the client. */
  constructor(detail = '') {
    super(detail === '' ? 'Access denied' : `Access denied: ${detail}`)
  }

  get failure(): ActionFailure {
    return { __type: 'Authorization Error', message: this.message }
  }
}

/** What is wrong with parameters: messages by parameter. Of parameters that are lists of objects, an object each. */
export interface FieldProblems {
  readonly [field: string]: readonly (string | FieldProblems)[]
}

/** Parameters are not as they must be. */
export class ValidationError extends ActionError {
  readonly code = 'PORTAL_VALIDATION'
  readonly statusCode = 409
  readonly problems: FieldProblems

  constructor(problems: FieldProblems) {
    super(`The parameters cannot be used: ${JSON.stringify(problems)}`)
    this.problems = problems
  }

  get failure(): ActionFailure {
    return { ...this.problems, __type: 'Validation Error' }
  }
}

/** A search cannot be understood. */
export class SearchQueryError extends ActionError {
  readonly code = 'PORTAL_SEARCH_QUERY'
  readonly statusCode = 400

  get failure(): ActionFailure {
    return { __type: 'Search Query Error', message: this.message }
  }
}

/** The search cannot reach the database. */
export class SearchConnectionError extends ActionError {
  readonly code = 'PORTAL_SEARCH_CONNECTION'
  readonly statusCode = 500

  constructor(options: ErrorOptions) {
    super('The search is not available at the moment. Try again later.', options)
  }

  get failure(): ActionFailure {
    return { __type: 'Search Connection Error', message: this.message }
  }
}
