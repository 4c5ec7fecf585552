import { html, type HtmlValue, type PageView } from '@aldis/portal'
import { z } from 'zod'

import { ActivityDict } from './activity-json.ts'
import { sentence } from './sentence.ts'

/** How many activities a page shows. */
const SHOWN = 10

const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

/** The newest of what `action` lists about `id`, as far as whoever looks at the page may see it. */
export async function activitySection(view: PageView, action: string, id: unknown): Promise<HtmlValue> {
  const activities = z.array(ActivityDict).parse(await view.call(action, { id, limit: SHOWN }))
  return html`<section aria-labelledby="activity">
    <h2 id="activity">Activity</h2>
    ${
      activities.length === 0
        ? html`<p class="quiet">Nothing has happened yet.</p>`
        : html`<ul>
            ${activities.map(item)}
          </ul>`
    }
  </section>`
}

function item(activity: ActivityDict): HtmlValue {
  // The API's times are UTC and do not say so.
  const moment = new Date(`${activity.timestamp}Z`)
  return html`<li>
    ${sentence(activity)}
    <span class="quiet">· <time datetime="${moment.toISOString()}">${MOMENT.format(moment)} UTC</time></span>
  </li> `
}
