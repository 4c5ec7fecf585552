import { NotFoundError, ValidationError } from '../action-errors.ts'
import { CAPACITIES } from '../entities/member.ts'
import { html, type Html } from '../html.ts'
import { changeableOrganization } from './changeable-organization.ts'
import { Form, textOf } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import type { ShownOrganization } from './shown.ts'
import type { Visit } from './visit.ts'

/** Who belongs to an organization. */
export function memberPages(pages: Pages): void {
  pages.show('/organization/members/:id', async (visit) =>
    membersPage(visit, await changeableOrganization(visit), new Form({ role: 'member' })),
  )
  pages.submit('/organization/members/:id', addMember)
  pages.submit('/organization/members/:id/remove', removeMember)
}

async function addMember(visit: Visit): Promise<PageAnswer> {
  const organization = await changeableOrganization(visit)
  const username = textOf(visit.form, 'username').trim()
  const role = textOf(visit.form, 'role')
  try {
    await visit.call('organization_member_create', { id: organization.id, username, role })
  } catch (error) {
    if (error instanceof NotFoundError) {
      const problems = { username: [`There is no user called “${username}”`] }
      return membersPage(visit, organization, new Form(visit.form, problems))
    }
    if (!(error instanceof ValidationError)) throw error
    return membersPage(visit, organization, new Form(visit.form, error.problems))
  }
  visit.flash(`${username} is ${role} now.`)
  return { redirect: `/organization/members/${organization.name}` }
}

async function removeMember(visit: Visit): Promise<PageAnswer> {
  const { id, name } = await changeableOrganization(visit)
  const username = textOf(visit.form, 'username')
  await visit.call('organization_member_delete', { id, username })
  visit.flash(`${username} is no member any more.`)
  return { redirect: `/organization/members/${name}` }
}

function membersPage(visit: Visit, organization: ShownOrganization, form: Form): Page {
  const { name, title, users } = organization
  const fields = html`${form.input('username', 'Username', { required: true })}
  ${form.select(
    'role',
    'May',
    CAPACITIES.toReversed().map((capacity) => [capacity, ROLES[capacity]] as const),
  )}`
  return {
    title: form.title(`Members of ${title || name}`),
    status: Object.keys(form.problems).length > 0 ? 409 : 200,
    body: html`<p class="up"><a href="/organization/${name}">${title || name}</a></p>
      <h1>Members</h1>
      ${form.summary()}
      ${
        users.length === 0
          ? html`<p class="quiet">None yet.</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Members">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Member</th>
                    <th scope="col">Is</th>
                    <th scope="col"><span class="hidden">Change</span></th>
                  </tr>
                </thead>
                <tbody>
                  ${users.map((user) => memberRow(visit, organization, user))}
                </tbody>
              </table>
            </div>`
      }
      <section class="form-page" aria-labelledby="add">
        <h2 id="add">Add a member, or change one</h2>
        <form method="post" action="/organization/members/${name}">
          ${visit.csrfField()} ${fields}
          <p class="actions"><button type="submit">Save</button></p>
        </form>
      </section>`,
  }
}

const ROLES = {
  member: 'member: see private datasets',
  editor: 'editor: write datasets too',
  admin: 'admin: choose the members too',
} as const

function memberRow(
  visit: Visit,
  { name }: ShownOrganization,
  user: ShownOrganization['users'][number],
): Html {
  return html`<tr>
    <th scope="row"><a href="/user/${user.name}">${user.display_name || user.name}</a></th>
    <td>${user.capacity}</td>
    <td>
      <form method="post" action="/organization/members/${name}/remove">
        ${visit.csrfField()}<input type="hidden" name="username" value="${user.name}" /><button
          class="link"
          type="submit"
        >
          Remove <span class="hidden">${user.name}</span>
        </button>
      </form>
    </td>
  </tr>`
}
