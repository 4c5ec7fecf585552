import { html, type Html } from '../html.ts'
import { localPath } from '../security/local-redirect.ts'
import { Form, textOf } from './form.ts'
import type { Page } from './page.ts'
import type { PageAnswer, Pages } from './pages.ts'
import type { Visit } from './visit.ts'

/** One sentence for all that is wrong with a login, but for haste. */
const REFUSED = 'Login failed. Bad username or password.'
const THROTTLED = 'Too many attempts to log in. Wait a quarter of an hour and try again.'

/** Logging in and out. */
export function loginPages(pages: Pages): void {
  pages.show('/user/login', (visit) => loginPage(visit))
  pages.submit('/user/login', logIn)
  pages.show('/user/_logout', askToLogOut)
  pages.submit('/user/_logout', logOut)
  pages.show('/user/logged_out_redirect', () => ({
    title: 'Logged out',
    body: html`<h1>Logged out</h1>
      <p class="lead">You are now logged out.</p>
      <p><a href="/">To the home page</a></p>`,
  }))
}

async function logIn(visit: Visit): Promise<PageAnswer> {
  if (visit.actor !== null) return loginPage(visit)
  const outcome = await visit.accounts.logIn(
    textOf(visit.form, 'login'),
    textOf(visit.form, 'password'),
    visit.remoteAddress,
  )
  if (!outcome.ok) return loginPage(visit, outcome.reason === 'throttled' ? THROTTLED : REFUSED)
  await visit.logIn(outcome.user.id)
  await visit.accounts.loggedIn(outcome.user)
  return { redirect: nextOf(visit, '/user/me') }
}

/** Where the visitor wanted to go, if that is on this site. */
function nextOf(visit: Visit, fallback: string): string {
  return localPath(textOf(visit.form, 'next') || textOf(visit.query, 'next'), fallback)
}

function loginPage(visit: Visit, refusal?: string): Page {
  const { actor } = visit
  if (actor !== null) {
    return {
      title: 'Log in',
      body: html`<h1>Log in</h1>
        <p class="lead">You are already logged in as <a href="/user/${actor.name}">${actor.name}</a>.</p>
        <p>To log in as somebody else, log out first.</p>`,
    }
  }
  const form = new Form({ login: textOf(visit.form, 'login') })
  const next = nextOf(visit, '')
  return {
    title: refusal === undefined ? 'Log in' : 'Error: Log in',
    body: html`<div class="narrow">
      <h1>Log in</h1>
      ${refusal !== undefined && html`<p class="problems" role="alert">${refusal}</p>`}
      <form method="post" action="/user/login">
        ${visit.csrfField()} ${next !== '' && html`<input type="hidden" name="next" value="${next}" />`}
        ${form.input('login', 'Username or e-mail', { autocomplete: 'username', required: true })}
        ${form.input('password', 'Password', { type: 'password', autocomplete: 'current-password', required: true })}
        <p class="actions"><button type="submit">Log in</button></p>
      </form>
      <p><a href="/user/reset">Forgot your password?</a></p>
      ${visit.services.settings.openRegistration && html`<p>New here? <a href="/user/register">Make an account</a>.</p>`}
    </div>`,
  }
}

/** Who comes with a token is logged out at once, as CKAN does it; a page of another site could make a browser come here. */
async function askToLogOut(visit: Visit): Promise<PageAnswer> {
  if (visit.actor === null) return { redirect: '/user/login' }
  if (!visit.bySession) return logOut(visit)
  return { title: 'Log out', body: confirmation(visit) }
}

async function logOut(visit: Visit): Promise<PageAnswer> {
  const { actor } = visit
  if (actor === null) return { redirect: '/user/login' }
  await visit.logOut()
  await visit.accounts.loggedOut(actor)
  return { redirect: '/user/logged_out_redirect' }
}

function confirmation(visit: Visit): Html {
  return html`<div class="narrow">
    <h1>Log out</h1>
    <p class="lead">Do you want to log out?</p>
    <form method="post" action="/user/_logout">
      ${visit.csrfField()}
      <p class="actions"><button type="submit">Log out</button> <a href="/dashboard">Stay logged in</a></p>
    </form>
  </div>`
}
