import { html, type HtmlValue } from '../html.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { textOf } from './form.ts'

/** Further than anybody leafs. */
const LAST = 100_000

/** The page that `query` asks for: 1, if it asks for none. */
export function pageNumber(query: Parameters): number {
  const asked = textOf(query, 'page')
  return /^[1-9]\d{0,5}$/.test(asked) ? Math.min(Number(asked), LAST) : 1
}

/** Links from the page `current` to the ones around it, of `last`. */
export function pagination(current: number, last: number, addressOf: (page: number) => string): HtmlValue {
  if (last <= 1) return undefined
  return html`<nav class="pagination" aria-label="Pages">
    ${current > 1 && html`<a href="${addressOf(Math.min(current - 1, last))}" rel="prev">Previous</a>`}
    <span>Page ${current} of ${last}</span>
    ${current < last && html`<a href="${addressOf(current + 1)}" rel="next">Next</a>`}
  </nav>`
}
