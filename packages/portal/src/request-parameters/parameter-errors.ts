import { AldisError } from '@aldis/core'

/**
 * A request has parameters that cannot be read.
 *
 * CKAN answers this with a bare string: `Bad request: ` and the message.
 */
export class ParametersInvalidError extends AldisError {
  readonly code = 'PARAMETERS_INVALID'
  readonly statusCode = 400
}

/** A body without its files is larger than it may be. */
export class BodyTooLargeError extends AldisError {
  readonly code = 'BODY_TOO_LARGE'
  readonly statusCode = 413
}

/** A body is of a type that parameters are not read from. */
export class ContentTypeError extends AldisError {
  readonly code = 'CONTENT_TYPE_UNSUPPORTED'
  readonly statusCode = 415

  constructor(type: string) {
    super(
      `A body of type ${JSON.stringify(type)} cannot be read. Send application/json, ` +
        `application/x-www-form-urlencoded or multipart/form-data.`,
    )
  }
}
