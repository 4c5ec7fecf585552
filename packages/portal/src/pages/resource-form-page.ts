import { ValidationError, type FieldProblems } from '../action-errors.ts'
import { html } from '../html.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { UploadedFile } from '../request-parameters/uploaded-file.ts'
import { changeable } from './dataset-form-page.ts'
import { enteredOf, Form } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer } from './pages.ts'
import { shownName, resourceOf, type PlacedResource } from './resource-page.ts'
import { ShownResource, type ShownDataset } from './shown.ts'
import type { Visit } from './visit.ts'

const TEXTS = ['name', 'description', 'format'] as const

/** The form for another resource of a dataset. */
export async function newResourcePage(visit: Visit): Promise<Page> {
  return formPage(visit, await changeable(visit), undefined, new Form())
}

/** Add the file or the link that the form has. */
export async function createResource(visit: Visit): Promise<PageAnswer> {
  const dataset = await changeable(visit)
  try {
    const parameters = { ...parametersOf(visit.form), package_id: dataset.id }
    const created = ShownResource.parse(await visit.call('resource_create', parameters))
    visit.flash(`${shownName(created)} has been added.`)
    return { redirect: `/dataset/${dataset.name}` }
  } catch (error) {
    return formPage(visit, dataset, undefined, refused(visit.form, error))
  }
}

/** The form for a resource that is there. */
export async function editResourcePage(visit: Visit): Promise<Page> {
  const placed = await changeableResource(visit)
  const { resource } = placed
  const isUpload = resource.url_type === 'upload'
  const values = Object.fromEntries(TEXTS.map((name) => [name, resource[name] ?? '']))
  return formPage(visit, placed.dataset, placed, new Form({ ...values, url: isUpload ? '' : resource.url }))
}

/** Change the resource to what the form says. Without another file or link it keeps what it has. */
export async function updateResource(visit: Visit): Promise<PageAnswer> {
  const placed = await changeableResource(visit)
  const { dataset, resource } = placed
  try {
    await visit.call('resource_patch', { ...parametersOf(visit.form), id: resource.id })
    visit.flash('The resource has been changed.')
    return { redirect: `/dataset/${dataset.name}/resource/${resource.id}` }
  } catch (error) {
    return formPage(visit, dataset, placed, refused(visit.form, error))
  }
}

/** The resource of the path, for those who may change it. */
export async function changeableResource(visit: Visit): Promise<PlacedResource> {
  const placed = await resourceOf(visit)
  await visit.services.actions.checkAccess(
    'resource_update',
    { id: placed.resource.id },
    { actor: visit.actor },
  )
  return placed
}

/** What the form says, as the actions take it. */
function parametersOf(form: Parameters): Record<string, unknown> {
  const { upload } = form
  const url = enteredOf(form, 'url')
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, enteredOf(form, name)])),
    ...(UploadedFile.is(upload) ? { upload } : url !== null && { url, url_type: null }),
  }
}

function refused(values: Parameters, error: unknown): Form {
  if (!(error instanceof ValidationError)) throw error
  return new Form(values, ownProblems(error.problems))
}

/** What is said of a resource inside of its dataset is said of the resource alone here. */
function ownProblems({ resources = [], ...others }: FieldProblems): FieldProblems {
  let own: FieldProblems = others
  for (const one of resources) if (typeof one !== 'string') own = { ...own, ...one }
  const { url, ...rest } = own
  return { ...rest, ...(url !== undefined && { url: url.map(missingContent) }) }
}

function missingContent(problem: string | FieldProblems): string | FieldProblems {
  return problem === 'Missing value' ? 'Choose a file, or give a link' : problem
}

function formPage(visit: Visit, dataset: ShownDataset, placed: PlacedResource | undefined, form: Form): Page {
  const base = `/dataset/${dataset.name}`
  const own = placed === undefined ? undefined : `${base}/resource/${placed.resource.id}`
  const isUpload = placed?.resource.url_type === 'upload'
  const title = placed === undefined ? 'Add a resource' : 'Edit the resource'
  const fields = html`<fieldset>
      <legend>${placed === undefined ? 'A file, or a link' : 'Another file, or another link'}</legend>
      ${form.input('upload', 'File', {
        type: 'file',
        ...(isUpload && {
          hint: `Now: ${shownName({ ...placed.resource, name: null })}. Choose another to replace it.`,
        }),
      })}
      ${form.input('url', 'Link', { type: 'url', hint: 'Where the data is, if it stays elsewhere.' })}
    </fieldset>
    ${form.input('name', 'Name')} ${form.area('description', 'Description', { rows: 4 })}
    ${form.input('format', 'Format', { hint: 'Such as CSV or GeoJSON. Left empty, it is told from the file.' })}`
  return {
    title: form.title(title),
    status: Object.keys(form.problems).length > 0 ? 409 : 200,
    body: html`<div class="form-page">
      <p class="up"><a href="${base}">${dataset.title}</a></p>
      <h1>${title}</h1>
      ${form.summary()}
      <form
        method="post"
        action="${own === undefined ? `${base}/resource/new` : `${own}/edit`}"
        enctype="multipart/form-data"
      >
        ${visit.csrfField()} ${fields}
        <p class="actions">
          <button type="submit">${placed === undefined ? 'Add the resource' : 'Save'}</button>
          <a href="${own ?? base}">Cancel</a>
        </p>
      </form>
    </div>`,
  }
}
