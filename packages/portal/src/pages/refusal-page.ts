import { STATUS_CODES } from 'node:http'

import { NotFoundError, ValidationError, type ActionError } from '../action-errors.ts'
import { html } from '../html.ts'
import type { Page } from './page.ts'
import { problemList } from './problems.ts'

/** The page that says why something was refused. */
export function refusalPage(error: ActionError): Page {
  const title =
    error instanceof ValidationError ? 'That does not work' : (STATUS_CODES[error.statusCode] ?? '')
  const told =
    error instanceof ValidationError
      ? problemList(error.problems)
      : html`<p class="lead">
          ${error instanceof NotFoundError ? 'There is nothing here, or you may not see it.' : error.message}
        </p>`
  return {
    title,
    status: error.statusCode,
    body: html`<h1>${title}</h1>
      ${told}
      <p><a href="/">To the home page</a></p>`,
  }
}
