import { html } from '../html.ts'
import { datasetList } from './dataset-card.ts'
import type { Page } from './page.ts'
import type { Pages } from './pages.ts'
import { plural } from './plural.ts'
import { FoundDatasets } from './shown.ts'
import type { Visit } from './visit.ts'

const NEWEST = 5

/** The front door: what the site is, a search, the newest datasets. */
export function homePages(pages: Pages): void {
  pages.show('/', homePage)
}

async function homePage(visit: Visit): Promise<Page> {
  const { site } = visit.services
  const newest = { rows: NEWEST, sort: 'metadata_created desc', include_private: true }
  const found = FoundDatasets.parse(await visit.call('package_search', newest))
  const organizations = await visit.call('organization_list', {})
  const publishers = Array.isArray(organizations) ? organizations.length : 0
  return {
    body: html`<section class="hero">
        <h1>${site.title}</h1>
        ${site.description !== '' && html`<p class="lead">${site.description}</p>`} ${searchForm('')}
        <ul class="figures" aria-label="At a glance">
          <li>
            <a href="/dataset"><strong>${found.count}</strong> ${plural(found.count, 'dataset')}</a>
          </li>
          <li>
            <a href="/organization"><strong>${publishers}</strong> ${plural(publishers, 'organization')}</a>
          </li>
        </ul>
      </section>
      <section aria-labelledby="newest">
        <h2 id="newest">Newest datasets</h2>
        ${
          found.results.length === 0
            ? html`<p class="quiet">There are none yet.</p>`
            : html`${datasetList(visit, found.results)}
                <p><a href="/dataset">All datasets</a></p>`
        }
      </section>`,
  }
}

/** The box that datasets are searched with. */
function searchForm(q: string): ReturnType<typeof html> {
  return html`<search>
    <form class="search" method="get" action="/dataset">
      <label for="search">Search datasets</label>
      <div class="together">
        <input id="search" name="q" type="search" value="${q}" />
        <button type="submit">Search</button>
      </div>
    </form>
  </search>`
}
