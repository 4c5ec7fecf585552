import { NotFoundError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import { resourceName } from '../resource-name.ts'
import { facts, linkTo, prose } from './links.ts'
import type { Page } from './page.ts'
import { asRecord } from './records.ts'
import { ShownDataset, ShownResource } from './shown.ts'
import type { Visit } from './visit.ts'

/** One resource: what it is, its file or link, and what plugins add, such as a preview. */
export async function resourcePage(visit: Visit): Promise<Page> {
  const { dataset, resource, dict } = await resourceOf(visit)
  const mayChange = await visit.may('resource_update', { id: resource.id })
  const sections = await visit.helpers.call('resource_sections', dict, visit)
  const name = shownName(resource)
  return {
    title: `${name} · ${dataset.title}`,
    body: html`<article>
      <p class="up"><a href="/dataset/${dataset.name}">${dataset.title}</a></p>
      <div class="heading">
        <h1>${name}${resource.format !== '' && html` <span class="badge">${resource.format}</span>`}</h1>
        ${mayChange && changes(dataset, resource)}
      </div>
      ${prose(resource.description)} ${content(visit, dataset, resource)} ${sections}
      <section aria-labelledby="details">
        <h2 id="details">Details</h2>
        ${details(visit, resource)}
        <p><a href="/api/3/action/resource_show?id=${resource.id}">This resource as JSON</a></p>
      </section>
    </article>`,
  }
}

/** The resource of the path, as it is shown, in its dataset. */
export interface PlacedResource {
  readonly dataset: ShownDataset
  readonly resource: ShownResource
  /** The resource as the API returned it. */
  readonly dict: Record<string, unknown>
}

/** @throws NotFoundError when the dataset of the path has no such resource */
export async function resourceOf(visit: Visit): Promise<PlacedResource> {
  const dataset = ShownDataset.parse(await visit.call('package_show', { id: visit.param('id') }))
  const dict = asRecord(await visit.call('resource_show', { id: visit.param('resource') }))
  const resource = ShownResource.parse(dict)
  if (resource.package_id !== dataset.id) throw new NotFoundError()
  return { dataset, resource, dict }
}

/** What the pages call a resource. */
export function shownName(resource: ShownResource): string {
  return resourceName(resource) || 'Unnamed resource'
}

function changes(dataset: ShownDataset, { id }: ShownResource): Html {
  return html`<ul class="actions" aria-label="Change this resource">
    <li><a class="button" href="/dataset/${dataset.name}/resource/${id}/edit">Edit</a></li>
    <li><a class="button danger" href="/dataset/${dataset.name}/resource/${id}/delete">Delete</a></li>
  </ul>`
}

function content(visit: Visit, { id }: ShownDataset, resource: ShownResource): HtmlValue {
  const { url, size } = resource
  if (resource.url_type === 'upload') {
    const file = url.split('/').at(-1) ?? ''
    return html`<p class="actions">
      <a class="button primary" href="/dataset/${id}/resource/${resource.id}/download/${file}"
        >Download ${resourceName({ url: file })}</a
      >
      ${visit.bytes(size)}
    </p>`
  }
  return url !== '' && html`<p class="lead">${linkTo(url)}</p>`
}

function details(visit: Visit, resource: ShownResource): HtmlValue {
  const { format, mimetype, size, hash, created, last_modified: modified } = resource
  return facts([
    ['Format', format],
    ['Media type', mimetype],
    ['Size', visit.bytes(size)],
    ['SHA-256', hash !== null && /^[\da-f]{64}$/.test(hash) && html`<code>${hash}</code>`],
    ['Added', visit.date(created)],
    ['Content changed', visit.date(modified)],
  ])
}
