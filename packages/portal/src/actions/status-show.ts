import type { PluginInfo } from '@aldis/core'

import type { Site } from '../site.ts'
import type { Action, ActionOutcome } from './action.ts'

/** The release of CKAN whose action API the portal follows: clients choose by it what they ask for. */
const CKAN_VERSION = '2.13.0'

/** What `status_show` knows of the host. */
export interface StatusSource {
  readonly plugins: readonly PluginInfo[]
}

/** The action `status_show`: what the site is, and which plugins are on, in order of loading. */
export function statusShow(site: Site, source: StatusSource): Action {
  let shown: readonly PluginInfo[] | undefined
  let outcome: ActionOutcome | undefined
  return {
    name: 'status_show',
    help: 'Tell what this site is called, where it is, which API it follows and which plugins are enabled.',
    run() {
      const { plugins } = source
      // Probes ask for this all the time, and it changes when a plugin does.
      if (outcome === undefined || plugins !== shown) {
        shown = plugins
        outcome = { success: true, result: statusOf(site, plugins) }
      }
      return outcome
    },
  }
}

function statusOf(site: Site, plugins: readonly PluginInfo[]): object {
  return {
    ckan_version: CKAN_VERSION,
    site_url: site.url,
    site_description: site.description,
    site_title: site.title,
    error_emails_to: null,
    locale_default: site.locale,
    extensions: plugins.filter(({ state }) => state === 'on').map(({ name }) => name),
  }
}
