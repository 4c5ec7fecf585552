import { z } from 'zod'

import { ValidationError } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import { changeableUser } from './changeable-user.ts'
import { Form, textOf } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import { ShownToken, type ShownUser } from './shown.ts'
import type { Visit } from './visit.ts'

const NewToken = z.object({ token: z.string() })

/** A user's API tokens. */
export function tokenPages(pages: Pages): void {
  pages.show('/user/:name/api-tokens', async (visit) =>
    tokensPage(visit, await changeableUser(visit), new Form()),
  )
  pages.submit('/user/:name/api-tokens', createToken)
  pages.submit('/user/:name/api-tokens/revoke', revokeToken)
}

/** The token is on the page that answers, and nowhere else: it is shown once. */
async function createToken(visit: Visit): Promise<PageAnswer> {
  const user = await changeableUser(visit)
  const name = textOf(visit.form, 'name').trim()
  try {
    const { token } = NewToken.parse(await visit.call('api_token_create', { user: user.id, name }))
    return await tokensPage(visit, user, new Form(), token)
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    return tokensPage(visit, user, new Form(visit.form, error.problems))
  }
}

async function revokeToken(visit: Visit): Promise<PageAnswer> {
  const user = await changeableUser(visit)
  const jti = textOf(visit.form, 'id')
  const tokens = await tokensOf(visit, user)
  const token = tokens.find(({ id }) => id === jti)
  if (token !== undefined) {
    await visit.call('api_token_revoke', { jti })
    visit.flash(`The token “${token.name}” has been revoked.`)
  }
  return { redirect: `/user/${user.name}/api-tokens` }
}

async function tokensOf(visit: Visit, { id }: ShownUser): Promise<readonly ShownToken[]> {
  return ShownToken.array().parse(await visit.call('api_token_list', { user_id: id }))
}

async function tokensPage(visit: Visit, user: ShownUser, form: Form, made?: string): Promise<Page> {
  const { name } = user
  const tokens = await tokensOf(visit, user)
  const field = form.input('name', 'What it is for', {
    required: true,
    hint: 'Such as the name of a program.',
  })
  return {
    title: form.title('API tokens'),
    status: Object.keys(form.problems).length > 0 ? 409 : 200,
    body: html`<p class="up"><a href="/user/${name}">${user.display_name || name}</a></p>
      <h1>API tokens</h1>
      <p>
        A program that sends a token in the header <code>Authorization</code> may do what
        ${user.display_name || name} may.
      </p>
      ${newToken(made)} ${form.summary()} ${list(visit, user, tokens)}
      <section class="form-page" aria-labelledby="make">
        <h2 id="make">Make a token</h2>
        <form method="post" action="/user/${name}/api-tokens">
          ${visit.csrfField()} ${field}
          <p class="actions"><button type="submit">Make the token</button></p>
        </form>
      </section>`,
  }
}

function newToken(token: string | undefined): HtmlValue {
  return (
    token !== undefined &&
    html`<div class="message" role="status">
      <p>This is the token. Copy it now: it is not shown again.</p>
      <p><code id="token">${token}</code></p>
    </div>`
  )
}

function list(visit: Visit, user: ShownUser, tokens: readonly ShownToken[]): Html {
  if (tokens.length === 0) return html`<p class="quiet">There are none.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="API tokens">
    <table>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col">Made</th>
          <th scope="col">Last used</th>
          <th scope="col"><span class="hidden">Revoke</span></th>
        </tr>
      </thead>
      <tbody>
        ${tokens.map((token) => tokenRow(visit, user, token))}
      </tbody>
    </table>
  </div>`
}

function tokenRow(visit: Visit, { name }: ShownUser, token: ShownToken): Html {
  return html`<tr>
    <th scope="row">${token.name}</th>
    <td>${visit.date(token.created_at)}</td>
    <td>${token.last_access === null ? 'never' : visit.date(token.last_access)}</td>
    <td>
      <form method="post" action="/user/${name}/api-tokens/revoke">
        ${visit.csrfField()}<input type="hidden" name="id" value="${token.id}" /><button
          class="link"
          type="submit"
        >
          Revoke <span class="hidden">${token.name}</span>
        </button>
      </form>
    </td>
  </tr>`
}
