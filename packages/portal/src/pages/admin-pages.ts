import type { PluginInfo, ReceiverInfo, SignalInfo } from '@aldis/core'

import { html, type Html, type HtmlValue } from '../html.ts'
import { adminTabs, onlySysadmins } from './admin-tabs.ts'
import { outboxPages } from './outbox-page.ts'
import type { Page } from './page.ts'
import type { Pages } from './pages.ts'
import { plural } from './plural.ts'
import type { SeenSend, SignalLog } from './signal-log.ts'
import type { Visit } from './visit.ts'

const REFRESH_SECONDS = 5

/** What the host has, for administrators. */
export function adminPages(pages: Pages, log: SignalLog): void {
  pages.show('/admin', () => ({ redirect: '/admin/plugins' }))
  pages.show('/admin/plugins', pluginsPage)
  pages.show('/admin/signals', (visit) => signalsPage(visit, log))
  outboxPages(pages)
}

function pluginsPage(visit: Visit): Page {
  onlySysadmins(visit)
  const { plugins } = visit.services.host
  return {
    title: 'Plugins',
    body: html`${adminTabs(visit, 'plugins')}
      <h1>Plugins</h1>
      <ul class="cards">
        ${plugins.map(pluginCard)}
      </ul>`,
  }
}

const STATES = {
  on: 'on',
  off: 'off: not enabled in the configuration',
  failed: 'failed to load',
  skipped: 'left out because of another',
} as const

function pluginCard({
  name,
  version,
  description,
  state,
  error,
  interfaces,
  subscriptions,
}: PluginInfo): Html {
  const count = subscriptions.length
  return html`<li class="card" id="plugin-${name}">
    <h2><code>${name}</code> <span class="version">${version}</span></h2>
    ${description !== undefined && html`<p>${description}</p>`}
    <dl>
      <dt>State</dt>
      <dd>${STATES[state]}${error !== undefined && html`: ${error.message}`}</dd>
      <dt>Implements</dt>
      <dd>
        ${
          interfaces.length === 0
            ? 'no interface'
            : html`<ul class="tags">
                ${interfaces.map((one) => html`<li><code>${one}</code></li>`)}
              </ul>`
        }
      </dd>
      <dt>Listens with</dt>
      <dd>${count} ${plural(count, 'subscription')}</dd>
    </dl>
  </li> `
}

function signalsPage(visit: Visit, log: SignalLog): Page {
  onlySysadmins(visit)
  const { signals } = visit.services.host
  const shown = { all: visit.query['show'] === 'all', live: visit.query['live'] !== undefined }
  const { all, live } = shown
  const sends = log.look(new Set(signals.map(({ signal }) => signal.namespace)), all)
  return {
    title: 'Signals',
    ...(live && { refreshSeconds: REFRESH_SECONDS }),
    body: html`${adminTabs(visit, 'signals')}
      <h1>Signals</h1>
      <section aria-labelledby="sends">
        <div class="heading">
          <h2 id="sends">Sent lately</h2>
          ${
            live
              ? html`<a class="button" href="${pathOf({ ...shown, live: false })}">Stop refreshing</a>`
              : html`<a class="button" href="${pathOf({ ...shown, live: true })}"
                  >Refresh every ${REFRESH_SECONDS} seconds</a
                >`
          }
        </div>
        <p class="quiet">
          The last 100. The list fills from the first look at it on, and is forgotten ten minutes after the
          last.
        </p>
        <nav class="tabs" aria-label="What is listed">
          <ul>
            ${[false, true].map(
              (one) =>
                html`<li>
                  <a href="${pathOf({ ...shown, all: one })}" ${one === all && html`aria-current="true"`}
                    >${one ? 'All' : 'Without requests and reads'}</a
                  >
                </li>`,
            )}
          </ul>
        </nav>
        ${sendTable(sends)}
      </section>
      <section aria-labelledby="signals">
        <h2 id="signals">All signals</h2>
        <div class="scroll" tabindex="0" role="region" aria-label="All signals">
          <table class="signals">
            <thead>
              <tr>
                <th scope="col">Signal</th>
                <th scope="col">Delivery</th>
                <th scope="col">Receivers</th>
              </tr>
            </thead>
            <tbody>
              ${signals.map(signalRow)}
            </tbody>
          </table>
        </div>
      </section>`,
  }
}

/** The path of the page that lists `all` sends, or without requests and reads, and that is `live`. */
function pathOf({ all, live }: { readonly all: boolean; readonly live: boolean }): string {
  const query = [...(all ? ['show=all'] : []), ...(live ? ['live'] : [])].join('&')
  return `/admin/signals${query && `?${query}`}`
}

function sendTable(sends: readonly SeenSend[]): Html {
  if (sends.length === 0) {
    return html`<p class="quiet">Nothing yet.</p>`
  }
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sent lately">
    <table class="sends">
      <thead>
        <tr>
          <th scope="col">Signal</th>
          <th scope="col">Sender</th>
          <th scope="col">When (UTC)</th>
          <th scope="col" class="number">Receivers</th>
          <th scope="col" class="number">Took</th>
        </tr>
      </thead>
      <tbody>
        ${sends.map(
          ({ at, signal, sender, receivers, durationMs, failed }) =>
            html`<tr>
              <th scope="row">
                <code>${breakable(signal)}</code>${failed && html` <span class="badge private">failed</span>`}
              </th>
              <td>${sender}</td>
              <td><time datetime="${at.toISOString()}">${at.toISOString().slice(11, 23)}</time></td>
              <td class="number">${receivers}</td>
              <td class="number">${durationMs.toFixed(1)} ms</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function signalRow({ key, doc, declared, deprecated, delivery, receivers }: SignalInfo): Html {
  const note = declared ? doc : 'Undeclared: only subscribers have named it.'
  return html`<tr${receivers.length > 0 && html` class="heard"`}>
<th scope="row"><code>${breakable(key)}</code>
${note !== undefined && html`<p>${note}</p>`}
${deprecated !== undefined && html`<p class="deprecated">Deprecated: ${deprecated}</p>`}</th>
<td>${delivery}</td>
<td>${receiverList(receivers)}</td>
</tr>
`
}

function receiverList(receivers: readonly ReceiverInfo[]): HtmlValue {
  if (receivers.length === 0) return html`<span class="quiet">none</span>`
  return html`<ul class="plain">
    ${receivers.map(
      ({ plugin, id, sender, delivery }) =>
        html`<li>
          <code>${plugin === undefined ? '' : `${plugin}:`}<wbr />${id}</code>
          <span class="quiet">${delivery}${sender !== undefined && html`, from ${sender}`}</span>
        </li>`,
    )}
  </ul>`
}

/** A name that a narrow window may break between its words. */
function breakable(name: string): Html[] {
  return name.split(/(?<=[:_.])/).map((word) => html`${word}<wbr />`)
}
