import { html, type Html, type HtmlValue } from '../html.ts'
import type { ShownDataset } from './shown.ts'
import type { Visit } from './visit.ts'

const LONGEST = 180

/** Datasets as a list, for people who choose one. */
export function datasetList(visit: Visit, datasets: readonly ShownDataset[]): Html {
  return html`<ul class="datasets">
    ${datasets.map((dataset) => datasetCard(visit, dataset))}
  </ul>`
}

function datasetCard(visit: Visit, dataset: ShownDataset): Html {
  const { name, title, notes, organization, resources, metadata_modified: modified } = dataset
  const formats = [...new Set(resources.map(({ format }) => format).filter((format) => format !== ''))]
  return html`<li class="card">
    <h3><a href="/dataset/${name}">${title}</a>${badges(dataset)}</h3>
    ${notes !== null && notes !== '' && html`<p>${shortened(notes)}</p>`}
    <p class="facts">
      ${organization !== null && html`<a href="/organization/${organization.name}">${organization.title || organization.name}</a> · `}
      Updated ${visit.date(modified)}
      ${formats.length > 0 && html`· <span class="formats">${formats.map((format) => html`<span class="badge">${format}</span> `)}</span>`}
    </p>
  </li>`
}

/** What is special about who can see a dataset. */
export function badges({ private: isPrivate, state }: ShownDataset): HtmlValue {
  return [
    isPrivate && html` <span class="badge private">Private</span>`,
    state === 'draft' && html` <span class="badge private">Draft</span>`,
    state === 'deleted' && html` <span class="badge private">Deleted</span>`,
  ]
}

/** The beginning of `text`, in whole words. */
function shortened(text: string): string {
  if (text.length <= LONGEST) return text
  const cut = text.slice(0, LONGEST)
  return `${cut
    .slice(0, Math.max(cut.lastIndexOf(' '), LONGEST / 2))
    .trimEnd()
    .toWellFormed()}…`
}
