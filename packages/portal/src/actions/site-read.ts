import type { Action } from './action.ts'

/** The action `site_read`: whether the caller may read the site at all. */
export const siteRead: Action = {
  help: 'Tell whether you may read this site: true, or an authorization error.',
  sideEffectFree: true,
  run: () => true,
}
