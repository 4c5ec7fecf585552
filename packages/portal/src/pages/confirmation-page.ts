import { html } from '../html.ts'
import type { Page } from './page.ts'
import type { Visit } from './visit.ts'

/** A question before something is gone. */
interface Confirmation {
  readonly title: string
  readonly question: string
  /** What the button says. */
  readonly deed: string
  /** Where to go instead. */
  readonly back: string
}

/** Ask whether what this address stands for is to be done. The answer is sent to the same address. */
export function confirmationPage(visit: Visit, { title, question, deed, back }: Confirmation): Page {
  return {
    title,
    body: html`<div class="narrow">
      <h1>${title}</h1>
      <p class="lead">${question}</p>
      <form method="post" action="${visit.path}">
        ${visit.csrfField()}
        <p class="actions">
          <button class="danger" type="submit">${deed}</button>
          <a href="${back}">Cancel</a>
        </p>
      </form>
    </div>`,
  }
}
