import { ValidationError } from '../action-errors.ts'
import { html, type Html } from '../html.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { allOf, enteredOf, Form, textOf } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer } from './pages.ts'
import { ShownDataset, ShownOrganization } from './shown.ts'
import type { Visit } from './visit.ts'

/** Fields of the form that are parameters as they are. */
const TEXTS = [
  'title',
  'notes',
  'owner_org',
  'license_id',
  'url',
  'version',
  'author',
  'author_email',
  'maintainer',
  'maintainer_email',
] as const

/** Fields for further extras, beside those that are there. */
const EMPTY_EXTRAS = 2

/** The form for a dataset that is not there yet. */
export async function newDatasetPage(visit: Visit): Promise<Page> {
  await visit.services.actions.checkAccess('package_create', {}, { actor: visit.actor })
  const asked = textOf(visit.query, 'organization')
  return formPage(visit, undefined, new Form({ owner_org: asked, private: 'false' }))
}

/** Make the dataset that the form describes. */
export async function createDataset(visit: Visit): Promise<PageAnswer> {
  const parameters = parametersOf(visit.form)
  const name = textOf(visit.form, 'name').trim() || nameFrom(textOf(visit.form, 'title'))
  try {
    const created = ShownDataset.parse(await visit.call('package_create', { ...parameters, name }))
    visit.flash('The dataset has been made. Now add its files or links.')
    return { redirect: `/dataset/${created.name}` }
  } catch (error) {
    return formPage(visit, undefined, refused({ ...visit.form, name }, error))
  }
}

/** The form for a dataset that is there. */
export async function editDatasetPage(visit: Visit): Promise<Page> {
  const dataset = await changeable(visit)
  return formPage(visit, dataset, new Form(valuesOf(dataset)))
}

/** Change the dataset to what the form says. */
export async function updateDataset(visit: Visit): Promise<PageAnswer> {
  const dataset = await changeable(visit)
  const parameters = {
    ...parametersOf(visit.form),
    id: dataset.id,
    name: textOf(visit.form, 'name').trim(),
    metadata_modified: textOf(visit.form, 'metadata_modified'),
  }
  try {
    const updated = ShownDataset.parse(await visit.call('package_patch', parameters))
    visit.flash('The dataset has been changed.')
    return { redirect: `/dataset/${updated.name}` }
  } catch (error) {
    return formPage(visit, dataset, refused(visit.form, error))
  }
}

/** The dataset of the path, for those who may change it. */
export async function changeable(visit: Visit): Promise<ShownDataset> {
  const id = visit.param('id')
  const dataset = ShownDataset.parse(await visit.call('package_show', { id }))
  await visit.services.actions.checkAccess('package_update', { id: dataset.id }, { actor: visit.actor })
  return dataset
}

/** The form as it was sent, with what is wrong with it. */
function refused(values: Parameters, error: unknown): Form {
  if (!(error instanceof ValidationError)) throw error
  const { tags, ...others } = error.problems
  return new Form(values, { ...others, ...(tags !== undefined && { tag_string: tags }) })
}

function valuesOf(dataset: ShownDataset): Parameters {
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, dataset[name] ?? ''])),
    name: dataset.name,
    owner_org: dataset.organization?.name ?? '',
    tag_string: dataset.tags.map(({ name }) => name).join(', '),
    private: String(dataset.private),
    state: dataset.state,
    extra_key: dataset.extras.map(({ key }) => key),
    extra_value: dataset.extras.map(({ value }) => value),
    metadata_modified: dataset.metadata_modified ?? '',
  }
}

/** What the form says, as the actions take it. */
function parametersOf(form: Parameters): Record<string, unknown> {
  const tags = textOf(form, 'tag_string')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const state = textOf(form, 'state')
  return {
    ...Object.fromEntries(TEXTS.map((name) => [name, enteredOf(form, name)])),
    tags: tags.map((name) => ({ name })),
    private: textOf(form, 'private') === 'true',
    extras: extrasOf(form).filter(({ key, value }) => key !== '' || value !== ''),
    ...(state !== '' && { state }),
  }
}

function extrasOf(form: Parameters): { readonly key: string; readonly value: string }[] {
  const values = allOf(form, 'extra_value')
  return allOf(form, 'extra_key').map((key, at) => ({ key: key.trim(), value: (values[at] ?? '').trim() }))
}

/** A name for the dataset `title`, fit for an address. */
function nameFrom(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 100)
    .replaceAll(/^-|-$/g, '')
}

async function formPage(visit: Visit, dataset: ShownDataset | undefined, form: Form): Promise<Page> {
  const title = dataset === undefined ? 'Add a dataset' : 'Edit the dataset'
  const action = dataset === undefined ? '/dataset/new' : `/dataset/edit/${dataset.name}`
  const written = await fields(visit, dataset, form)
  return {
    title: form.title(title),
    status: Object.keys(form.problems).length > 0 ? 409 : 200,
    body: html`<div class="form-page">
      <h1>${title}</h1>
      ${form.summary()}
      <form method="post" action="${action}">
        ${visit.csrfField()} ${written}
        <p class="actions">
          <button type="submit">${dataset === undefined ? 'Add the dataset' : 'Save'}</button>
          <a href="${dataset === undefined ? '/dataset' : `/dataset/${dataset.name}`}">Cancel</a>
        </p>
      </form>
    </div>`,
  }
}

async function fields(visit: Visit, dataset: ShownDataset | undefined, form: Form): Promise<Html> {
  return html`${form.input('title', 'Title', { required: true })}
    ${form.input('name', 'Name in the address', {
      required: dataset !== undefined,
      hint: `Lower-case letters, digits, - and _.${dataset === undefined ? ' Left empty, it is made from the title.' : ''}`,
      maxLength: 100,
    })}
    ${form.area('notes', 'Description')} ${form.input('tag_string', 'Tags', { hint: 'Separated by commas.' })}
    ${form.select('owner_org', 'Organization', await organizations(visit, dataset))}
    ${form.select('private', 'Who can see it', [
      ['false', 'Everybody'],
      ['true', 'Members of its organization'],
    ])}
    ${
      dataset?.state === 'draft' &&
      form.select('state', 'State', [
        ['draft', 'Draft: only those who may edit it see it'],
        ['active', 'Published'],
      ])
    }
    <details ${dataset !== undefined && html`open`}>
      <summary>More about it</summary>
      ${form.input('license_id', 'License', { hint: 'Such as cc-by or odc-odbl.' })}
      ${form.input('url', 'Source', { type: 'url', hint: 'The address of the page that the data comes from.' })}
      ${form.input('version', 'Version')} ${form.input('author', 'Author')}
      ${form.input('author_email', "Author's e-mail", { type: 'email' })}
      ${form.input('maintainer', 'Maintainer')}
      ${form.input('maintainer_email', "Maintainer's e-mail", { type: 'email' })} ${extraFields(form)}
    </details>
    ${dataset !== undefined && html`<input type="hidden" name="metadata_modified" value="${form.text('metadata_modified')}" />`}`
}

function extraFields(form: Form): Html {
  const rows = [
    ...extrasOf(form.values).filter(({ key, value }) => key !== '' || value !== ''),
    ...Array.from({ length: EMPTY_EXTRAS }, () => ({ key: '', value: '' })),
  ]
  return html`<fieldset id="field-extras">
    <legend>Other fields</legend>
    ${form.wrong('extras', 'Other fields')}
    ${rows.map(
      ({ key, value }, at) =>
        html`<div class="together">
          <div>
            <label for="extra-key-${at}">Name ${at + 1}</label
            ><input id="extra-key-${at}" name="extra_key" type="text" value="${key}" />
          </div>
          <div>
            <label for="extra-value-${at}">Value ${at + 1}</label
            ><input id="extra-value-${at}" name="extra_value" type="text" value="${value}" />
          </div>
        </div>`,
    )}
  </fieldset>`
}

/** Where the visitor may put the dataset, and where it is. */
async function organizations(
  visit: Visit,
  dataset: ShownDataset | undefined,
): Promise<readonly (readonly [string, string])[]> {
  const listed = await visit.call('organization_list_for_user', { permission: 'create_dataset' })
  const known = ShownOrganization.array().catch([]).parse(listed)
  const current = dataset?.organization ?? null
  const all = current === null || known.some(({ id }) => id === current.id) ? known : [current, ...known]
  return [['', 'None'], ...all.map(({ name, title }) => [name, title || name] as const)]
}
