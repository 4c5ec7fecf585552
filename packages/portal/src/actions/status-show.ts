import type { PluginInfo } from '@aldis/core'

import type { PortalServices } from '../portal-services.ts'
import type { Site } from '../site.ts'
import type { Action } from './action.ts'

/** The release of CKAN whose action API the portal follows: clients choose by it what they ask for. */
const CKAN_VERSION = '2.13.0'

/** The action `status_show`: what the site is, and which plugins are on, in order of loading. */
export function statusShow({ site, host }: PortalServices): Action {
  let shown: readonly PluginInfo[] | undefined
  let status: object | undefined
  return {
    help: 'Tell what this site is called, where it is, which API it follows and which plugins are enabled.',
    sideEffectFree: true,
    auth: null,
    run: () => {
      const { plugins } = host
      // Probes ask for this all the time, and it changes when a plugin does.
      if (status === undefined || plugins !== shown) {
        shown = plugins
        status = statusOf(site, plugins)
      }
      return status
    },
  }
}

function statusOf(site: Site, plugins: readonly PluginInfo[]): object {
  return Object.freeze({
    ckan_version: CKAN_VERSION,
    site_url: site.url,
    site_description: site.description,
    site_title: site.title,
    error_emails_to: null,
    locale_default: site.locale,
    extensions: Object.freeze(plugins.filter(({ state }) => state === 'on').map(({ name }) => name)),
  })
}
