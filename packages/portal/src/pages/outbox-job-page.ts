import type { Outbox } from '@aldis/outbox'

import { NotFoundError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import { adminTabs } from './admin-tabs.ts'
import { facts } from './links.ts'
import type { Page } from './page.ts'
import type { Visit } from './visit.ts'

const MOST_NAMES = 50

/** One job of `outbox`: where it is and why, and what can be done with it. */
export async function outboxJobPage(visit: Visit, outbox: Outbox): Promise<Page> {
  const job = await outbox.show(visit.param('id'))
  if (job === undefined) throw new NotFoundError('There is no such job')
  const {
    id,
    plugin,
    subscription,
    state,
    signal,
    eventId,
    attempts,
    sentAt,
    dueAt,
    error,
    errorCode,
    shard,
  } = job
  const changeable = state === 'parked' || state === 'waiting'
  return {
    title: 'Job',
    body: html`${adminTabs(visit, 'outbox')}
      <p class="up"><a href="/admin/outbox">Outbox</a></p>
      <h1>Job of ${plugin}:<wbr />${subscription}</h1>
      ${facts([
        ['Job', html`<code>${id}</code>`],
        ['State', state],
        ['Why', error],
        ['Error code', errorCode !== undefined && html`<code>${errorCode}</code>`],
        ['Shard', shard !== undefined && html`<code>${shard}</code>`],
        ['Calls', attempts],
        ['Next call', visit.date(dueAt)],
        ['Signal', html`<code>${signal}</code>`],
        ['Event', html`<code>${eventId}</code>`],
        ['Sent', visit.date(sentAt)],
        ['Payload', namesIn(job.payload)],
      ])}
      ${
        changeable &&
        html`<div class="actions">
          ${jobForm(visit, id, 'retry', html`<button type="submit">Retry</button>`)}
          ${jobForm(visit, id, 'discard', html`<button class="danger" type="submit">Discard undelivered</button>`)}
        </div>`
      }`,
  }
}

function jobForm(visit: Visit, id: string, verb: string, button: Html): Html {
  return html`<form method="post" action="/admin/outbox/${verb}">
    ${visit.csrfField()}<input type="hidden" name="id" value="${id}" />${button}
  </form>`
}

/** What a payload is made of. Its values may be personal: they stay in the database. */
function namesIn(payload: unknown): HtmlValue {
  if (Array.isArray(payload)) return 'a list'
  if (typeof payload !== 'object' || payload === null) return 'one value'
  const names = Object.keys(payload)
  const more = names.length - MOST_NAMES
  return html`<ul class="tags">
    ${names.slice(0, MOST_NAMES).map((name) => html`<li><code>${name}</code></li>`)}
    ${more > 0 && html`<li>and ${more} more</li>`}
  </ul>`
}
