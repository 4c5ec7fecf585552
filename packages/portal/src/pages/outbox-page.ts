import type { JobFilter, Outbox, OutboxJob, QueueOwner, ReceiverStats } from '@aldis/outbox'

import { NotFoundError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import { adminTabs, hasOutbox, onlySysadmins } from './admin-tabs.ts'
import { textOf } from './form.ts'
import { outboxJobPage } from './outbox-job-page.ts'
import { outboxShardsSection } from './outbox-shards-section.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import { plural } from './plural.ts'
import { span } from './span.ts'
import type { Visit } from './visit.ts'

const MOST_JOBS = 50
const HOME = '/admin/outbox'

/** What waits to be delivered, for administrators. Not there where no plugin keeps an outbox. */
export function outboxPages(pages: Pages): void {
  pages.show(HOME, outboxPage)
  pages.show(`${HOME}/jobs/:id`, async (visit) => outboxJobPage(visit, await outboxOf(visit)))
  pages.submit(`${HOME}/retry`, (visit) => change(visit, 'retry', 'given to the receiver again'))
  pages.submit(`${HOME}/discard`, (visit) => change(visit, 'discard', 'discarded'))
  pages.submit(`${HOME}/resume`, resume)
}

async function outboxOf(visit: Visit): Promise<Outbox> {
  onlySysadmins(visit)
  if (!hasOutbox(visit)) throw new NotFoundError('The plugin outbox is not enabled')
  // Portals without an outbox start without what it is made of.
  const { Outbox: token } = await import('@aldis/outbox')
  return visit.services.host.resolve(token)
}

/** Of one job, or of what is parked for one receiver. */
async function change(visit: Visit, verb: 'retry' | 'discard', done: string): Promise<PageAnswer> {
  const outbox = await outboxOf(visit)
  const id = textOf(visit.form, 'id')
  const filter: JobFilter = id === '' ? { ...ownerOf(visit), state: 'parked' } : { ids: [id] }
  const count = await outbox[verb](filter)
  const why = verb === 'retry' ? 'it is due already, or not there any more.' : 'it is not there any more.'
  visit.flash(count === 0 ? `There was nothing to do: ${why}` : `${count} ${plural(count, 'job')} ${done}.`)
  return { redirect: HOME }
}

async function resume(visit: Visit): Promise<PageAnswer> {
  const outbox = await outboxOf(visit)
  const resumed = await outbox.resume(ownerOf(visit))
  for (const { plugin, subscription } of resumed) visit.flash(`${plugin}:${subscription} goes on.`)
  return { redirect: HOME }
}

function ownerOf({ form }: Visit): QueueOwner {
  return { plugin: textOf(form, 'plugin'), subscription: textOf(form, 'subscription') }
}

async function outboxPage(visit: Visit): Promise<Page> {
  const outbox = await outboxOf(visit)
  const { receivers } = await outbox.stats()
  const shards = await outbox.shards()
  const parked = await outbox.list({ state: 'parked' }, { limit: MOST_JOBS + 1 })
  return {
    title: 'Outbox',
    body: html`${adminTabs(visit, 'outbox')}
      <h1>Outbox</h1>
      <section aria-labelledby="receivers">
        <h2 id="receivers">Durable receivers</h2>
        ${receiverTable(visit, receivers)}
      </section>
      ${outboxShardsSection(visit, shards)}
      <section aria-labelledby="parked">
        <h2 id="parked">Parked jobs</h2>
        ${jobTable(visit, parked.slice(0, MOST_JOBS))}
        ${parked.length > MOST_JOBS && html`<p class="quiet">These are the newest ${MOST_JOBS}; there are more.</p>`}
      </section>`,
  }
}

function receiverTable(visit: Visit, receivers: readonly ReceiverStats[]): Html {
  if (receivers.length === 0) return html`<p class="quiet">There are none.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Durable receivers">
    <table>
      <thead>
        <tr>
          <th scope="col">Receiver</th>
          <th scope="col">Status</th>
          <th scope="col" class="number">Waiting</th>
          <th scope="col" class="number">Retrying</th>
          <th scope="col" class="number">Active</th>
          <th scope="col" class="number">Parked</th>
          <th scope="col" class="number">Oldest waiting</th>
          <th scope="col"><span class="hidden">What to do</span></th>
        </tr>
      </thead>
      <tbody>
        ${receivers.map((receiver) => receiverRow(visit, receiver))}
      </tbody>
    </table>
  </div>`
}

const STATUSES = {
  working: 'working',
  disabled: 'plugin not loaded: its jobs wait',
  gone: 'gone: its jobs are parked',
  quarantined: 'quarantined: its jobs wait',
} as const

function receiverRow(visit: Visit, receiver: ReceiverStats): Html {
  const { plugin, subscription, status, quarantine, waiting, retrying, running, parked, lagSeconds } =
    receiver
  const name = `${plugin}:${subscription}`
  return html`<tr>
    <th scope="row">
      <code>${plugin}:<wbr />${subscription}</code>
      ${
        quarantine !== undefined &&
        html`<p>
          After ${quarantine.failures} ${plural(quarantine.failures, 'failure')}, on
          ${visit.date(quarantine.since)}: ${quarantine.reason}
        </p>`
      }
    </th>
    <td>${STATUSES[status]}</td>
    <td class="number">${waiting}</td>
    <td class="number">${retrying}</td>
    <td class="number">${running}</td>
    <td class="number">${parked}</td>
    <td class="number">${waiting === 0 ? '' : span(lagSeconds)}</td>
    <td>
      ${status === 'quarantined' && ownerForm(visit, receiver, 'resume', html`Resume <span class="hidden">${name}</span>`)}
      ${parked > 0 && ownerForm(visit, receiver, 'retry', html`Retry ${parked} parked <span class="hidden">of ${name}</span>`)}
    </td>
  </tr>`
}

function ownerForm(visit: Visit, { plugin, subscription }: QueueOwner, verb: string, label: Html): Html {
  return html`<form method="post" action="${HOME}/${verb}">
    ${visit.csrfField()}<input type="hidden" name="plugin" value="${plugin}" /><input
      type="hidden"
      name="subscription"
      value="${subscription}"
    /><button class="link" type="submit">${label}</button>
  </form>`
}

function jobTable(visit: Visit, jobs: readonly OutboxJob[]): Html {
  if (jobs.length === 0) return html`<p class="quiet">There are none.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Parked jobs">
    <table>
      <thead>
        <tr>
          <th scope="col">Receiver</th>
          <th scope="col">Signal</th>
          <th scope="col">Sent</th>
          <th scope="col" class="number">Calls</th>
          <th scope="col">Why</th>
          <th scope="col"><span class="hidden">The job</span></th>
        </tr>
      </thead>
      <tbody>
        ${jobs.map((job) => jobRow(visit, job))}
      </tbody>
    </table>
  </div>`
}

function jobRow(
  visit: Visit,
  { id, plugin, subscription, signal, sentAt, attempts, error }: OutboxJob,
): Html {
  return html`<tr>
    <th scope="row">
      <code>${plugin}:<wbr />${subscription}</code>
    </th>
    <td><code>${signal}</code></td>
    <td>${visit.date(sentAt)}</td>
    <td class="number">${attempts}</td>
    <td>${error ?? unknownReason}</td>
    <td>
      <a href="${HOME}/jobs/${id}">Retry or discard<span class="hidden"> ${id}</span></a>
    </td>
  </tr>`
}

const unknownReason: HtmlValue = html`<span class="quiet">unknown</span>`
