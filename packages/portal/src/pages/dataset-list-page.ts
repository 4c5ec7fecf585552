import { SearchQueryError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import { datasetList } from './dataset-card.ts'
import { textOf, textsOf } from './form.ts'
import type { Page } from './page.ts'
import { pageNumber, pagination } from './pagination.ts'
import { plural } from './plural.ts'
import { FoundDatasets } from './shown.ts'
import type { Visit } from './visit.ts'

const ROWS = 20

const SORTS = [
  ['', 'Best match'],
  ['metadata_modified desc', 'Last changed'],
  ['metadata_created desc', 'Newest'],
  ['title_string asc', 'Title, A to Z'],
  ['title_string desc', 'Title, Z to A'],
] as const

/** What searches can be narrowed by: the parameter, and what it is called. */
const FACETS = [
  ['organization', 'Organizations'],
  ['tags', 'Tags'],
] as const

type Facet = (typeof FACETS)[number][0]

/** What the address asks for. */
interface Search {
  readonly q: string
  readonly sort: string
  readonly page: number
  readonly narrowed: Readonly<Record<Facet, readonly string[]>>
}

/** Datasets by search, a page at a time. With `organization`, those of one. */
export async function datasetListPage(visit: Visit): Promise<Page> {
  const search = searchOf(visit)
  const { actor } = visit
  const heading = html`<div class="heading">
    <h1>Datasets</h1>
    ${actor !== null && html`<a class="button" href="/dataset/new">Add a dataset</a>`}
  </div>`
  try {
    const found = await find(visit, search)
    return { title: 'Datasets', body: html`${heading}${results(visit, search, found)}` }
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error
    return {
      title: 'Datasets',
      status: 400,
      body: html`${heading}${searchForm(search)}
        <p class="problems" role="alert">${error.message}</p>`,
    }
  }
}

/** The datasets that `search` asks for, with what they can be narrowed by. */
async function find(visit: Visit, { q, sort, page, narrowed }: Search): Promise<FoundDatasets> {
  const filters = FACETS.flatMap(([facet]) => narrowed[facet].map((value) => `${facet}:${quoted(value)}`))
  const parameters = {
    q,
    rows: ROWS,
    start: (page - 1) * ROWS,
    include_private: true,
    'facet.field': FACETS.map(([facet]) => facet),
    ...(filters.length > 0 && { fq: filters.join(' ') }),
    ...(sort !== '' && { sort }),
  }
  return FoundDatasets.parse(await visit.call('package_search', parameters))
}

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function searchOf({ query }: Visit): Search {
  const sort = textOf(query, 'sort')
  return {
    q: textOf(query, 'q'),
    sort: SORTS.some(([known]) => known === sort) ? sort : '',
    page: pageNumber(query),
    narrowed: { organization: textsOf(query, 'organization'), tags: textsOf(query, 'tags') },
  }
}

/** The address of `search`. */
function addressOf({ q, sort, narrowed, page }: Search): string {
  const query = new URLSearchParams()
  if (q !== '') query.set('q', q)
  for (const [facet] of FACETS) for (const value of narrowed[facet]) query.append(facet, value)
  if (sort !== '') query.set('sort', sort)
  if (page > 1) query.set('page', String(page))
  return query.size === 0 ? '/dataset' : `/dataset?${query.toString()}`
}

function results(visit: Visit, search: Search, found: FoundDatasets): Html {
  const { count } = found
  const last = Math.max(Math.ceil(count / ROWS), 1)
  return html`<div class="with-aside">
    <div>
      ${searchForm(search)}
      <p class="count" role="status">
        ${count} ${plural(count, 'dataset')} found${search.q !== '' && html` for “${search.q}”`}
      </p>
      ${count === 0 ? nothingFound(search) : datasetList(visit, found.results)}
      ${pagination(search.page, last, (page) => addressOf({ ...search, page }))}
    </div>
    <aside aria-label="Narrow the search">
      ${FACETS.map(([facet, label]) => facetList(search, facet, label, found))}
    </aside>
  </div>`
}

function nothingFound({ narrowed }: Search): Html {
  const isNarrowed = Object.values(narrowed).some((values) => values.length > 0)
  return html`<p class="quiet">
    Try other words${isNarrowed && ', or fewer filters'}, or look through <a href="/dataset">all datasets</a>.
  </p>`
}

function searchForm({ q, sort, narrowed }: Search): Html {
  const options = SORTS.map(
    ([value, label]) => html`<option value="${value}" ${value === sort && html`selected`}>${label}</option>`,
  )
  const kept = FACETS.flatMap(([facet]) =>
    narrowed[facet].map((value) => html`<input type="hidden" name="${facet}" value="${value}" />`),
  )
  return html`<search>
    <form class="search" method="get" action="/dataset">
      ${kept}
      <div class="together">
        <div>
          <label for="search">Search datasets</label><input id="search" name="q" type="search" value="${q}" />
        </div>
        <div>
          <label for="sort">Order by</label>
          <select id="sort" name="sort">
            ${options}
          </select>
        </div>
        <button type="submit">Search</button>
      </div>
    </form>
  </search>`
}

function facetList(
  search: Search,
  facet: Facet,
  label: string,
  { search_facets: facets }: FoundDatasets,
): HtmlValue {
  const items = facets[facet]?.items ?? []
  const chosen = search.narrowed[facet]
  const missing = chosen.filter((value) => !items.some(({ name }) => name === value))
  const shown = [...missing.map((name) => ({ name, display_name: name, count: 0 })), ...items]
  if (shown.length === 0) return undefined
  return html`<section class="facet" aria-labelledby="facet-${facet}">
    <h2 id="facet-${facet}">${label}</h2>
    <ul>
      ${shown.map((item) => facetItem(search, facet, item, chosen.includes(item.name)))}
    </ul>
  </section>`
}

function facetItem(
  search: Search,
  facet: Facet,
  {
    name,
    display_name: label,
    count,
  }: { readonly name: string; readonly display_name: string; readonly count: number },
  isChosen: boolean,
): Html {
  const others = search.narrowed[facet].filter((value) => value !== name)
  const narrowed = { ...search.narrowed, [facet]: isChosen ? others : [...others, name] }
  const address = addressOf({ ...search, narrowed, page: 1 })
  return html`<li>
    <a href="${address}" ${isChosen && html`class="chosen" aria-current="true"`}
      >${label || name}${isChosen ? html` <span class="remove">remove</span>` : html` <span class="count">${count}</span>`}</a
    >
  </li>`
}
