import { ValidationError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { changeableOrganization } from './changeable-organization.ts'
import { confirmationPage } from './confirmation-page.ts'
import { datasetList } from './dataset-card.ts'
import { Form, textOf } from './form.ts'
import { prose } from './links.ts'
import { memberPages } from './member-pages.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import { pageNumber, pagination } from './pagination.ts'
import { plural } from './plural.ts'
import { FoundDatasets, ShownOrganization } from './shown.ts'
import type { Visit } from './visit.ts'

const ROWS = 20

/** Organizations, and who belongs to them. */
export function organizationPages(pages: Pages): void {
  pages.show('/organization', listPage)
  pages.show('/organization/new', async (visit) => {
    await visit.services.actions.checkAccess('organization_create', {}, { actor: visit.actor })
    return formPage(visit, undefined, new Form())
  })
  pages.submit('/organization/new', create)
  pages.show('/organization/edit/:id', async (visit) => {
    const organization = await changeableOrganization(visit)
    const { name, title, description } = organization
    return formPage(visit, organization, new Form({ name, title, description: description ?? '' }))
  })
  pages.submit('/organization/edit/:id', update)
  pages.show('/organization/delete/:id', async (visit) => {
    const { name, title } = await changeableOrganization(visit)
    return confirmationPage(visit, {
      title: 'Delete the organization',
      question: `Delete “${title || name}”?`,
      deed: 'Delete the organization',
      back: `/organization/${name}`,
    })
  })
  pages.submit('/organization/delete/:id', async (visit) => {
    const { id, name, title } = await changeableOrganization(visit)
    await visit.call('organization_delete', { id })
    visit.flash(`“${title || name}” has been deleted.`)
    return { redirect: '/organization' }
  })
  memberPages(pages)
  pages.show('/organization/:id', organizationPage)
}

async function listPage(visit: Visit): Promise<Page> {
  const all = ShownOrganization.array().parse(await visit.call('organization_list', { all_fields: true }))
  const mayCreate = await visit.may('organization_create', {})
  return {
    title: 'Organizations',
    body: html`<div class="heading">
        <h1>Organizations</h1>
        ${mayCreate && html`<a class="button" href="/organization/new">Add an organization</a>`}
      </div>
      ${
        all.length === 0
          ? html`<p class="quiet">There are none yet.</p>`
          : html`<ul class="cards">
              ${all.map(card)}
            </ul>`
      }`,
  }
}

function card({ name, title, description, package_count: count }: ShownOrganization): Html {
  return html`<li class="card">
    <h2><a href="/organization/${name}">${title || name}</a></h2>
    ${description !== null && description !== '' && html`<p>${description.slice(0, 200).toWellFormed()}</p>`}
    <p class="facts">${count} ${plural(count, 'dataset')}</p>
  </li>`
}

async function organizationPage(visit: Visit): Promise<Page> {
  const organization = ShownOrganization.parse(
    await visit.call('organization_show', { id: visit.param('id') }),
  )
  const { id, name, title, description } = organization
  const page = pageNumber(visit.query)
  const found = FoundDatasets.parse(
    await visit.call('package_search', {
      fq: `owner_org:"${id}"`,
      rows: ROWS,
      start: (page - 1) * ROWS,
      sort: 'metadata_modified desc',
      include_private: true,
    }),
  )
  const mayChange = await visit.may('organization_update', { id })
  const mayAdd = visit.actor !== null && (await visit.may('package_create', { owner_org: id }))
  const last = Math.ceil(found.count / ROWS)
  return {
    title: title || name,
    body: html`<div class="heading">
        <h1>${title || name}</h1>
        ${mayChange && changes(name)}
      </div>
      <div class="with-aside">
        <div>
          ${prose(description)}
          <section aria-labelledby="datasets">
            <div class="heading">
              <h2 id="datasets">Datasets</h2>
              ${mayAdd && html`<a class="button" href="/dataset/new?${new URLSearchParams({ organization: name }).toString()}">Add a dataset</a>`}
            </div>
            ${found.count === 0 ? html`<p class="quiet">It has published none yet.</p>` : datasetList(visit, found.results)}
            ${pagination(page, last, (to) => `/organization/${name}?page=${to}`)}
          </section>
        </div>
        <aside aria-label="Members">${members(organization)}</aside>
      </div>`,
  }
}

function changes(name: string): Html {
  return html`<ul class="actions" aria-label="Change this organization">
    <li><a class="button" href="/organization/members/${name}">Members</a></li>
    <li><a class="button" href="/organization/edit/${name}">Edit</a></li>
    <li><a class="button danger" href="/organization/delete/${name}">Delete</a></li>
  </ul>`
}

function members({ users }: ShownOrganization): HtmlValue {
  return html`<h2>Members</h2>
    ${
      users.length === 0
        ? html`<p class="quiet">None yet.</p>`
        : html`<ul class="plain">
            ${users.map(({ name, display_name: shown, capacity }) => html`<li><a href="/user/${name}">${shown || name}</a> <span class="quiet">${capacity}</span></li>`)}
          </ul>`
    }`
}

async function create(visit: Visit): Promise<PageAnswer> {
  try {
    const created = ShownOrganization.parse(await visit.call('organization_create', parametersOf(visit.form)))
    visit.flash('The organization has been made.')
    return { redirect: `/organization/${created.name}` }
  } catch (error) {
    return formPage(visit, undefined, refused(visit.form, error))
  }
}

async function update(visit: Visit): Promise<PageAnswer> {
  const organization = await changeableOrganization(visit)
  try {
    const parameters = { ...parametersOf(visit.form), id: organization.id }
    const updated = ShownOrganization.parse(await visit.call('organization_patch', parameters))
    visit.flash('The organization has been changed.')
    return { redirect: `/organization/${updated.name}` }
  } catch (error) {
    return formPage(visit, organization, refused(visit.form, error))
  }
}

function parametersOf(form: Parameters): Record<string, string> {
  return Object.fromEntries(
    ['name', 'title', 'description'].map((name) => [
      name,
      textOf(form, name).trim().replaceAll('\r\n', '\n'),
    ]),
  )
}

function refused(values: Parameters, error: unknown): Form {
  if (!(error instanceof ValidationError)) throw error
  return new Form(values, error.problems)
}

function formPage(visit: Visit, organization: ShownOrganization | undefined, form: Form): Page {
  const title = organization === undefined ? 'Add an organization' : 'Edit the organization'
  const action = organization === undefined ? '/organization/new' : `/organization/edit/${organization.name}`
  const fields = html`${form.input('title', 'Title', { required: true })}
  ${form.input('name', 'Name in the address', {
    required: true,
    hint: 'Lower-case letters, digits, - and _.',
    maxLength: 100,
  })}
  ${form.area('description', 'Description')}`
  return {
    title: form.title(title),
    status: Object.keys(form.problems).length > 0 ? 409 : 200,
    body: html`<div class="form-page">
      <h1>${title}</h1>
      ${form.summary()}
      <form method="post" action="${action}">
        ${visit.csrfField()} ${fields}
        <p class="actions">
          <button type="submit">${organization === undefined ? 'Add the organization' : 'Save'}</button>
          <a href="${organization === undefined ? '/organization' : `/organization/${organization.name}`}"
            >Cancel</a
          >
        </p>
      </form>
    </div>`,
  }
}
