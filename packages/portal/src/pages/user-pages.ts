import { ValidationError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import { changeableUser, loggedIn } from './changeable-user.ts'
import { datasetList } from './dataset-card.ts'
import { Form, textOf } from './form.ts'
import { facts, linkTo, prose } from './links.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import { asRecord } from './records.ts'
import { FoundDatasets, ShownOrganization, ShownUser } from './shown.ts'
import { tokenPages } from './token-pages.ts'
import type { Visit } from './visit.ts'

const DATASETS = 20

/** Users, and what each has for itself. */
export function userPages(pages: Pages): void {
  pages.show('/user/me', (visit) => ({ redirect: `/user/${loggedIn(visit).name}` }))
  pages.show('/dashboard', dashboard)
  pages.show('/user/edit/:name', async (visit) => {
    const user = await changeableUser(visit)
    const { fullname, email, about } = user
    return settingsPage(visit, user, new Form({ fullname, email: email ?? '', about }))
  })
  pages.submit('/user/edit/:name', saveSettings)
  tokenPages(pages)
  pages.show('/user/:name', profile)
}

async function profile(visit: Visit): Promise<Page> {
  const dict = asRecord(await visit.call('user_show', { id: visit.param('name') }))
  const user = ShownUser.parse(dict)
  const { name, about, email, created } = user
  const found = await datasetsOf(visit, user)
  const mayChange = visit.actor !== null && (await visit.may('user_update', { id: user.id }))
  const sections = await visit.helpers.call('user_sections', dict, visit)
  const title = user.display_name || name
  return {
    title,
    body: html`<div class="heading">
        <h1>
          ${title}${user.state === 'deleted' && html` <span class="badge private">Deleted</span>`}
          ${user.sysadmin && html`<span class="badge">Administrator</span>`}
        </h1>
        ${mayChange && changes(name)}
      </div>
      <div class="with-aside">
        <div>
          ${prose(about)}
          <section aria-labelledby="datasets">
            <h2 id="datasets">Datasets</h2>
            ${found.results.length === 0 ? html`<p class="quiet">None yet.</p>` : datasetList(visit, found.results)}
          </section>
          ${sections}
        </div>
        <aside aria-label="About this user">
          <h2>About</h2>
          ${facts([
            ['Username', name],
            ['E-mail', email !== null && email !== undefined && linkTo(`mailto:${email}`, email)],
            ['Member since', visit.date(created)],
          ])}
        </aside>
      </div>`,
  }
}

function changes(name: string): Html {
  return html`<ul class="actions" aria-label="Change this user">
    <li><a class="button" href="/user/edit/${name}">Settings</a></li>
    <li><a class="button" href="/user/${name}/api-tokens">API tokens</a></li>
  </ul>`
}

async function datasetsOf(visit: Visit, { id }: ShownUser): Promise<FoundDatasets> {
  const search = {
    fq: `creator_user_id:"${id}"`,
    rows: DATASETS,
    sort: 'metadata_modified desc',
    include_private: true,
  }
  return FoundDatasets.parse(await visit.call('package_search', search))
}

async function dashboard(visit: Visit): Promise<Page> {
  const actor = loggedIn(visit)
  const user = ShownUser.parse(await visit.call('user_show', { id: actor.id }))
  const found = await datasetsOf(visit, user)
  const listed = await visit.call('organization_list_for_user', { permission: 'read' })
  const organizations = ShownOrganization.array().parse(listed)
  return {
    title: 'Dashboard',
    body: html`<div class="heading">
        <h1>Dashboard</h1>
        <ul class="actions" aria-label="Begin">
          <li><a class="button" href="/dataset/new">Add a dataset</a></li>
          <li><a class="button" href="/user/edit/${user.name}">Settings</a></li>
        </ul>
      </div>
      <p class="lead">
        You are logged in as <a href="/user/${user.name}">${user.display_name || user.name}</a>.
      </p>
      <section aria-labelledby="datasets">
        <h2 id="datasets">Your datasets</h2>
        ${found.results.length === 0 ? html`<p class="quiet">You have made none yet.</p>` : datasetList(visit, found.results)}
      </section>
      <section aria-labelledby="organizations">
        <h2 id="organizations">Your organizations</h2>
        ${organizationList(organizations)}
      </section>`,
  }
}

function organizationList(organizations: readonly ShownOrganization[]): HtmlValue {
  if (organizations.length === 0) return html`<p class="quiet">You are in none.</p>`
  return html`<ul class="plain">
    ${organizations.map(({ name, title }) => html`<li><a href="/organization/${name}">${title || name}</a></li>`)}
  </ul>`
}

async function saveSettings(visit: Visit): Promise<PageAnswer> {
  const user = await changeableUser(visit)
  const entered = (name: string): string => textOf(visit.form, name)
  try {
    const password = await newPassword(visit)
    await visit.call('user_patch', {
      id: user.id,
      fullname: entered('fullname').trim(),
      email: entered('email').trim(),
      about: entered('about').trim().replaceAll('\r\n', '\n'),
      ...(password !== '' && { password }),
    })
    const isOwn = user.id === loggedIn(visit).id
    if (password === '' || !isOwn) {
      visit.flash(password === '' ? 'The settings have been saved.' : 'The password has been changed.')
      return { redirect: `/user/${user.name}` }
    }
    // The session ended with the old password: only a new one keeps the message.
    await visit.logOut()
    visit.flash('Your password has been changed. Log in with it.')
    return { redirect: '/user/login' }
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    const { password, ...others } = error.problems
    const problems = { ...others, ...(password !== undefined && { password1: password }) }
    return settingsPage(visit, user, new Form(visit.form, problems))
  }
}

/**
 * The new password, if there is to be one. Whoever sits down at somebody's open browser does not know the old one.
 *
 * @throws ValidationError when it is not entered twice, or the old one is wrong
 */
async function newPassword(visit: Visit): Promise<string> {
  const [first, second] = [textOf(visit.form, 'password1'), textOf(visit.form, 'password2')]
  if (first === '' && second === '') return ''
  if (first !== second) throw new ValidationError({ password2: ['The passwords you entered do not match'] })
  const outcome = await visit.accounts.logIn(
    loggedIn(visit).name,
    textOf(visit.form, 'old_password'),
    visit.remoteAddress,
  )
  if (!outcome.ok) throw new ValidationError({ old_password: ['This is not your password'] })
  return first
}

function settingsPage(visit: Visit, user: ShownUser, form: Form): Page {
  const { name } = user
  const fields = html`${form.input('fullname', 'Full name', { autocomplete: 'name' })}
    ${form.input('email', 'E-mail', { type: 'email', autocomplete: 'email', required: true })}
    ${form.area('about', 'About you', { rows: 4 })}
    <fieldset>
      <legend>Another password</legend>
      ${form.input('old_password', 'Password now', { type: 'password', autocomplete: 'current-password' })}
      ${form.input('password1', 'New password', { type: 'password', autocomplete: 'new-password', hint: 'At least 8 characters.' })}
      ${form.input('password2', 'New password again', { type: 'password', autocomplete: 'new-password' })}
    </fieldset>`
  return {
    title: form.title('Settings'),
    status: Object.keys(form.problems).length > 0 ? 409 : 200,
    body: html`<div class="form-page">
      <p class="up"><a href="/user/${name}">${user.display_name || name}</a></p>
      <h1>Settings</h1>
      ${form.summary()}
      <form method="post" action="/user/edit/${name}">
        ${visit.csrfField()} ${fields}
        <p class="actions"><button type="submit">Save</button> <a href="/user/${name}">Cancel</a></p>
      </form>
      <p><a href="/user/${name}/api-tokens">API tokens</a></p>
    </div>`,
  }
}
