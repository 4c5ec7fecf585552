import type { ShardStats } from '@aldis/outbox'

import { html, type Html, type HtmlValue } from '../html.ts'
import { span } from './span.ts'
import type { Visit } from './visit.ts'

const STATUSES = {
  working: 'working',
  retrying: 'waits for its next attempt',
  held: 'held by a parked job',
  paused: 'paused by the settings',
  quarantined: 'its receiver is quarantined',
} as const

/** The deepest shards of receivers that deliver in order; nothing where no job of one waits. */
export function outboxShardsSection(visit: Visit, shards: readonly ShardStats[]): HtmlValue {
  if (shards.length === 0) return false
  return html`<section aria-labelledby="shards">
    <h2 id="shards">Deepest shards</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Deepest shards">
      <table>
        <thead>
          <tr>
            <th scope="col">Shard</th>
            <th scope="col">Receiver</th>
            <th scope="col">Status</th>
            <th scope="col" class="number">Waiting</th>
            <th scope="col" class="number">Oldest waiting</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          ${shards.map((shard) => shardRow(visit, shard))}
        </tbody>
      </table>
    </div>
  </section>`
}

function shardRow(
  visit: Visit,
  { shard, plugin, subscription, status, waiting, lagSeconds, retryAt, error }: ShardStats,
): Html {
  return html`<tr>
    <th scope="row"><code>${shard}</code></th>
    <td>
      <code>${plugin}:<wbr />${subscription}</code>
    </td>
    <td>${STATUSES[status]}${retryAt !== undefined && html`, ${visit.date(retryAt)}`}</td>
    <td class="number">${waiting}</td>
    <td class="number">${span(lagSeconds)}</td>
    <td>${error}</td>
  </tr>`
}
