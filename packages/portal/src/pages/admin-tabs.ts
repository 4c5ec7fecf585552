import { NotAuthorizedError } from '../action-errors.ts'
import { html, type Html } from '../html.ts'
import { loggedIn } from './changeable-user.ts'
import type { Visit } from './visit.ts'

const LABELS = { plugins: 'Plugins', signals: 'Signals', outbox: 'Outbox' } as const
type AdminTab = keyof typeof LABELS

/** @throws NotAuthorizedError for everyone else */
export function onlySysadmins(visit: Visit): void {
  if (!loggedIn(visit).sysadmin) throw new NotAuthorizedError('Only administrators see this page')
}

/** Whether there is durable delivery here. */
export function hasOutbox({ services }: Visit): boolean {
  return services.host.plugins.some(({ name, state }) => name === 'outbox' && state === 'on')
}

/** The pages for administrators, of which `current` is shown. */
export function adminTabs(visit: Visit, current: AdminTab): Html {
  const shown: AdminTab[] = ['plugins', 'signals']
  if (hasOutbox(visit)) shown.push('outbox')
  return html`<nav class="tabs" aria-label="Administration">
    <ul>
      ${shown.map(
        (name) =>
          html`<li>
            <a href="/admin/${name}" ${name === current && html`aria-current="page"`}>${LABELS[name]}</a>
          </li>`,
      )}
    </ul>
  </nav>`
}
