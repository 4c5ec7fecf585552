import { NotAuthorizedError, ValidationError, type FieldProblems } from '../action-errors.ts'
import { html } from '../html.ts'
import { Form, textOf } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import { refusalPage } from './refusal-page.ts'
import type { Visit } from './visit.ts'

/** The same for everybody, so that nobody learns who has an account. */
const SENT =
  'A reset link has been emailed to you. If you do not get it within a few minutes, check that the name or address was right.'

const REFUSALS = {
  nobody_named: 'Email is required',
  mail_failed: 'Error sending the email. Try again later.',
} as const

/** Forgotten passwords. */
export function resetPages(pages: Pages): void {
  pages.show('/user/reset', (visit) => requestPage(visit))
  pages.submit('/user/reset', async (visit) => {
    const outcome = await visit.accounts.requestReset(textOf(visit.form, 'user'))
    if (!outcome.ok) return requestPage(visit, { user: [REFUSALS[outcome.reason]] })
    visit.flash(SENT)
    return { redirect: '/user/login' }
  })
  pages.show('/user/reset/:id', async (visit) => {
    try {
      await visit.accounts.checkReset(visit.param('id'), keyOf(visit))
    } catch (error) {
      // To log in would not help.
      if (error instanceof NotAuthorizedError) return refusalPage(error)
      throw error
    }
    return performPage(visit)
  })
  pages.submit('/user/reset/:id', setPassword)
}

async function setPassword(visit: Visit): Promise<PageAnswer> {
  const { form } = visit
  try {
    await visit.accounts.performReset(
      visit.param('id'),
      keyOf(visit),
      textOf(form, 'password1'),
      textOf(form, 'password2'),
    )
  } catch (error) {
    if (!(error instanceof ValidationError)) throw error
    const { password = [], ...others } = error.problems
    return performPage(visit, { ...others, password1: password })
  }
  visit.flash('Your password has been reset. Log in with the new one.')
  return { redirect: '/user/login' }
}

function keyOf(visit: Visit): string | undefined {
  const key = textOf(visit.query, 'key')
  return key === '' ? undefined : key
}

function requestPage(visit: Visit, problems: FieldProblems = {}): Page {
  const form = new Form(visit.form, problems)
  const field = form.input('user', 'Username or e-mail', { autocomplete: 'username', required: true })
  return {
    title: form.title('Reset your password'),
    body: html`<div class="narrow">
      <h1>Reset your password</h1>
      ${form.summary()}
      <p>We send you a mail with a link. With it you choose a new password.</p>
      <form method="post" action="/user/reset">
        ${visit.csrfField()} ${field}
        <p class="actions"><button type="submit">Send the link</button></p>
      </form>
    </div>`,
  }
}

function performPage(visit: Visit, problems: FieldProblems = {}): Page {
  const form = new Form({}, problems)
  const fields = html`${form.input('password1', 'New password', {
    type: 'password',
    autocomplete: 'new-password',
    required: true,
    hint: 'At least 8 characters.',
  })}
  ${form.input('password2', 'New password again', { type: 'password', autocomplete: 'new-password', required: true })}`
  return {
    title: form.title('Choose a new password'),
    body: html`<div class="narrow">
      <h1>Choose a new password</h1>
      ${form.summary()}
      <form method="post" action="${visit.here}">
        ${visit.csrfField()} ${fields}
        <p class="actions"><button type="submit">Set the password</button></p>
      </form>
    </div>`,
  }
}
