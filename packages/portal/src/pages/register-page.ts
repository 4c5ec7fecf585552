import { NotAuthorizedError, ValidationError, type FieldProblems } from '../action-errors.ts'
import { html } from '../html.ts'
import { Form, textOf } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import { refusalPage } from './refusal-page.ts'
import type { Visit } from './visit.ts'

/** Making an account. */
export function registerPages(pages: Pages): void {
  pages.show('/user/register', (visit) => registerPage(visit))
  pages.submit('/user/register', register)
}

async function register(visit: Visit): Promise<PageAnswer> {
  if (visit.actor !== null) return registerPage(visit)
  const entered = (name: string): string => textOf(visit.form, name)
  if (entered('password1') !== entered('password2')) {
    return registerPage(visit, { password2: ['The passwords you entered do not match'] })
  }
  try {
    const user = await visit.accounts.register({
      name: entered('name'),
      email: entered('email'),
      fullname: entered('fullname'),
      password: entered('password1'),
    })
    await visit.logIn(user.id)
    await visit.accounts.loggedIn(user)
    visit.flash('Your account has been made, and you are logged in.')
    return { redirect: '/user/me' }
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    const { password, ...others } = error.problems
    return registerPage(visit, { ...others, ...(password !== undefined && { password1: password }) })
  }
}

function registerPage(visit: Visit, problems: FieldProblems = {}): Page {
  const { actor, services } = visit
  if (actor !== null) {
    return {
      title: 'Register',
      body: html`<h1>Register</h1>
        <p class="lead">
          You have an account: you are logged in as <a href="/user/${actor.name}">${actor.name}</a>.
        </p>`,
    }
  }
  if (!services.settings.openRegistration) {
    return refusalPage(new NotAuthorizedError('This site takes no registrations'))
  }
  const form = new Form(visit.form, problems)
  const fields = html`${form.input('name', 'Username', {
    autocomplete: 'username',
    required: true,
    hint: 'Lower-case letters, digits, - and _. It is in the address of your page and cannot be changed.',
  })}
  ${form.input('fullname', 'Full name', { autocomplete: 'name' })}
  ${form.input('email', 'E-mail', { type: 'email', autocomplete: 'email', required: true, hint: 'Only you and administrators see it.' })}
  ${form.input('password1', 'Password', {
    type: 'password',
    autocomplete: 'new-password',
    required: true,
    hint: 'At least 8 characters.',
  })}
  ${form.input('password2', 'Password again', { type: 'password', autocomplete: 'new-password', required: true })}`
  return {
    title: form.title('Register'),
    body: html`<div class="narrow">
      <h1>Register</h1>
      ${form.summary()}
      <form method="post" action="/user/register">
        ${visit.csrfField()} ${fields}
        <p class="actions"><button type="submit">Make the account</button></p>
      </form>
      <p>You have one? <a href="/user/login">Log in</a>.</p>
    </div>`,
  }
}
