import { html, type HtmlValue } from '../html.ts'
import type { Site } from '../site.ts'
import { builtInHelpers } from '../template-helpers.ts'
import type { Frame } from './page.ts'
import type { Visit } from './visit.ts'

/** The frame of a page for whoever makes `visit`. */
export function frameFor(visit: Visit, messages: readonly string[]): Frame {
  return {
    site: visit.services.site,
    navigation: visit.helpers.now('navigation_links', visit.actor),
    account: accountItems(visit),
    messages,
  }
}

/** The frame of an answer that was made without knowing who asks. */
export function plainFrame(site: Site): Frame {
  return { site, navigation: builtInHelpers.navigation_links(), account: undefined, messages: [] }
}

function accountItems(visit: Visit): HtmlValue {
  const { actor, services } = visit
  if (actor === null) {
    return [
      html`<li><a href="/user/login">Log in</a></li>`,
      services.settings.openRegistration && html`<li><a href="/user/register">Register</a></li>`,
    ]
  }
  return [
    actor.sysadmin && html`<li><a href="/admin/plugins">Administration</a></li>`,
    html`<li><a href="/dashboard">Dashboard</a></li>`,
    html`<li><a href="/user/${actor.name}">${actor.name}</a></li>`,
    html`<li>
      <form method="post" action="/user/_logout">
        ${visit.csrfField()}<button class="link" type="submit">Log out</button>
      </form>
    </li>`,
  ]
}
