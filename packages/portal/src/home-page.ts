import type { PluginInfo, SignalInfo } from '@aldis/core'

import { html, type Html } from './html.ts'
import type { Page } from './page.ts'
import type { Site } from './site.ts'

/** What the home page shows of the host. */
export interface HomePageData {
  readonly plugins: readonly PluginInfo[]
  readonly signals: readonly SignalInfo[]
}

/** The home page: which plugins are on, which signals there are, and how many receivers each has. */
export function homePage(site: Site, { plugins, signals }: HomePageData): Page {
  const enabled = plugins.filter(({ state }) => state === 'on')
  const receivers = signals.reduce((sum, signal) => sum + signal.receivers.length, 0)
  return {
    body: html`<h1>${site.title}</h1>
      ${site.description !== '' && html`<p class="lead">${site.description}</p>`}
      <ul class="figures" aria-label="At a glance">
        <li><strong>${enabled.length}</strong> ${plural(enabled.length, 'plugin')} enabled</li>
        <li><strong>${signals.length}</strong> ${plural(signals.length, 'signal')}</li>
        <li><strong>${receivers}</strong> ${plural(receivers, 'receiver')} connected</li>
      </ul>
      <section aria-labelledby="plugins">
        <h2 id="plugins">Enabled plugins</h2>
        <ul class="cards">
          ${enabled.map(pluginCard)}
        </ul>
      </section>
      <section aria-labelledby="signals">
        <h2 id="signals">Signals</h2>
        <table>
          <thead>
            <tr>
              <th scope="col">Signal</th>
              <th scope="col">Delivery</th>
              <th scope="col" class="number">Receivers</th>
            </tr>
          </thead>
          <tbody>
            ${signals.map(signalRow)}
          </tbody>
        </table>
      </section>`,
  }
}

function pluginCard({ name, version, description, interfaces, subscriptions }: PluginInfo): Html {
  const count = subscriptions.length
  return html`<li class="card" id="plugin-${name}">
    <h3>${name} <span class="version">${version}</span></h3>
    ${description !== undefined && html`<p>${description}</p>`}
    <dl>
      <dt>Implements</dt>
      <dd>
        ${
          interfaces.length === 0
            ? 'no interface'
            : html`<ul class="tags">
                ${interfaces.map(tag)}
              </ul>`
        }
      </dd>
      <dt>Listens with</dt>
      <dd>${count} ${plural(count, 'subscription')}</dd>
    </dl>
  </li> `
}

function tag(text: string): Html {
  return html`<li><code>${text}</code></li>`
}

function signalRow({ key, doc, declared, deprecated, delivery, receivers }: SignalInfo): Html {
  const note = declared ? doc : 'Undeclared: only subscribers have named it.'
  return html`<tr${receivers.length > 0 && html` class="heard"`}>
<th scope="row"><code>${breakable(key)}</code>
${note !== undefined && html`<p>${note}</p>`}
${deprecated !== undefined && html`<p class="deprecated">Deprecated: ${deprecated}</p>`}</th>
<td>${delivery}</td>
<td class="number">${receivers.length}</td>
</tr>
`
}

/** A name that a narrow window may break between its words. */
function breakable(name: string): Html[] {
  return name.split(/(?<=[:_.])/).map((word) => html`${word}<wbr />`)
}

function plural(count: number, noun: string): string {
  return count === 1 ? noun : `${noun}s`
}
