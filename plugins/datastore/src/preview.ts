import { em } from '@aldis/models'
import { Dataset, html, type Html, type HtmlValue, type PageView, type ResourceDict } from '@aldis/portal'
import { z } from 'zod'

/** How many rows a page shows. */
const shownRows = 20
/** How many characters of a cell it shows. */
const shownCharacters = 200

const Found = z.object({
  fields: z.array(z.object({ id: z.string(), type: z.string() })),
  records: z.array(z.array(z.unknown())),
  total: z.number(),
})
type Found = z.output<typeof Found>

/** The first rows of the table of `resource`, or why it has none; nothing for a resource that has neither. */
export async function previewSection(resource: ResourceDict, view: PageView): Promise<HtmlValue> {
  const { id, datastore_active: active, datastore_error: problem } = resource
  if (typeof id !== 'string') return undefined
  if (active === true) {
    const parameters = { resource_id: id, limit: shownRows, records_format: 'lists' }
    const found = Found.parse(await view.call('datastore_search', parameters))
    return section(html`${table(found)} ${links(id, await isForEveryone(resource))}`)
  }
  if (typeof problem !== 'string') return undefined
  return section(html`<p class="quiet">The file is no table: ${problem}</p>`)
}

function section(content: Html): Html {
  return html`<section aria-labelledby="preview">
    <h2 id="preview">Data</h2>
    ${content}
  </section>`
}

function table({ fields, records, total }: Found): Html {
  const rows = total === 1 ? '1 row' : `${total.toLocaleString('en-GB')} rows`
  const shown =
    total > records.length ? `${rows}, of which these are the first ${records.length}.` : `${rows}.`
  return html`<p class="quiet">${shown}</p>
    <div class="scroll" role="region" aria-labelledby="preview" tabindex="0">
      <table class="rows">
        <thead>
          <tr>
            ${fields.map(({ id }) => html`<th scope="col">${id}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${records.map(
            (row) =>
              html`<tr>
                ${row.map((cell) => html`<td>${cellText(cell)}</td>`)}
              </tr> `,
          )}
        </tbody>
      </table>
    </div>`
}

function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return ''
  const text = typeof cell === 'string' ? cell : JSON.stringify(cell)
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
}

/** A dump is for everyone: it knows no login. */
function links(id: string, isPublic: boolean): Html {
  const dump = `/datastore/dump/${id}`
  return html`<ul class="actions" aria-label="All rows">
    <li><a href="/api/3/action/datastore_search?resource_id=${id}">Rows as JSON</a></li>
    ${
      isPublic &&
      html`<li><a href="${dump}?format=csv">All rows as CSV</a></li>
        <li><a href="${dump}?format=tsv">All rows as TSV</a></li>`
    }
  </ul>`
}

async function isForEveryone({ package_id: id }: ResourceDict): Promise<boolean> {
  if (typeof id !== 'string') return false
  const dataset = await em().findOne(Dataset, id)
  return dataset?.state === 'active' && !dataset.private
}
