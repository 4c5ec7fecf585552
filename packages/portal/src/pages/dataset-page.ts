import { html, type Html, type HtmlValue } from '../html.ts'
import { IPackageController, type DatasetDict } from '../interfaces/ipackage-controller.ts'
import { badges } from './dataset-card.ts'
import { facts, linkTo, prose } from './links.ts'
import type { Page } from './page.ts'
import { asRecord } from './records.ts'
import { shownName } from './resource-page.ts'
import { ShownDataset, type ShownResource } from './shown.ts'
import type { Visit } from './visit.ts'

/** One dataset with its resources, and what plugins add. */
export async function datasetPage(visit: Visit): Promise<Page> {
  const dict = await forView(visit, asRecord(await visit.call('package_show', { id: visit.param('id') })))
  const dataset = ShownDataset.parse(dict)
  const mayChange = await visit.may('package_update', { id: dataset.id })
  const sections = await visit.helpers.call('dataset_sections', dict, visit)
  return {
    title: dataset.title,
    body: html`<article>
      ${heading(dataset, mayChange)}
      <div class="with-aside">
        <div>
          ${prose(dataset.notes)} ${resources(visit, dataset, mayChange)} ${tags(dataset)} ${sections}
        </div>
        <aside aria-label="About this dataset">${about(visit, dataset)}</aside>
      </div>
    </article>`,
  }
}

/** What plugins make of `dataset` before its page is made. */
async function forView({ services }: Visit, dataset: DatasetDict): Promise<DatasetDict> {
  let viewed = dataset
  for (const { plugin } of services.host.implementations(IPackageController)) {
    viewed = await plugin.beforeDatasetView(viewed)
  }
  return viewed
}

function heading(dataset: ShownDataset, mayChange: boolean): Html {
  const { name, title, state } = dataset
  return html`<div class="heading">
    <h1>${title}${badges(dataset)}</h1>
    ${
      mayChange &&
      state !== 'deleted' &&
      html`<ul class="actions" aria-label="Change this dataset">
        <li><a class="button" href="/dataset/edit/${name}">Edit</a></li>
        <li><a class="button danger" href="/dataset/delete/${name}">Delete</a></li>
      </ul>`
    }
  </div>`
}

function resources(visit: Visit, dataset: ShownDataset, mayChange: boolean): Html {
  const { name, resources: all } = dataset
  return html`<section aria-labelledby="resources">
    <div class="heading">
      <h2 id="resources">Resources</h2>
      ${mayChange && html`<a class="button" href="/dataset/${name}/resource/new">Add a resource</a>`}
    </div>
    ${
      all.length === 0
        ? html`<p class="quiet">This dataset has no files or links yet.</p>`
        : html`<ul class="resources">
            ${all.map((resource) => resourceItem(visit, dataset, resource))}
          </ul>`
    }
  </section>`
}

function resourceItem(visit: Visit, { name }: ShownDataset, resource: ShownResource): Html {
  const { id, format, size, description } = resource
  return html`<li class="card">
    <h3>
      <a href="/dataset/${name}/resource/${id}">${shownName(resource)}</a>
      ${format !== '' && html`<span class="badge">${format}</span>`}
    </h3>
    ${description !== null && description !== '' && html`<p>${description}</p>`}
    ${size !== null && html`<p class="facts">${visit.bytes(size)}</p>`}
  </li>`
}

function tags({ tags: all }: ShownDataset): HtmlValue {
  if (all.length === 0) return undefined
  return html`<section aria-labelledby="tags">
    <h2 id="tags">Tags</h2>
    <ul class="tags">
      ${all.map(({ name }) => html`<li><a href="/dataset?${new URLSearchParams({ tags: name }).toString()}">${name}</a></li>`)}
    </ul>
  </section>`
}

function about(visit: Visit, dataset: ShownDataset): Html {
  const { organization, license_title: license, url, version, extras } = dataset
  return html`<h2>About</h2>
    ${facts([
      [
        'Organization',
        organization !== null &&
          html`<a href="/organization/${organization.name}">${organization.title || organization.name}</a>`,
      ],
      ['Source', url !== null && url !== '' && linkTo(url)],
      ['Author', person(dataset.author, dataset.author_email)],
      ['Maintainer', person(dataset.maintainer, dataset.maintainer_email)],
      ['Version', version],
      ['License', license],
      ['Created', visit.date(dataset.metadata_created)],
      ['Last changed', visit.date(dataset.metadata_modified)],
    ])}
    ${
      extras.length > 0 &&
      html`<h2>More</h2>
        ${facts(extras.map(({ key, value }) => [key, value] as const))}`
    }
    <p><a href="/api/3/action/package_show?id=${dataset.id}">This dataset as JSON</a></p>`
}

function person(name: string | null, email: string | null): HtmlValue {
  if (email === null || email === '') return name
  return linkTo(
    `mailto:${encodeURIComponent(email).replaceAll('%40', '@')}`,
    name === null || name === '' ? email : name,
  )
}
