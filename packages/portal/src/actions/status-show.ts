import type { PluginInfo } from '@aldis/core'

import type { Site } from '../site.ts'
import type { Action } from './action.ts'

/** The release of CKAN whose action API the portal follows: clients choose by it what they ask for. */
const CKAN_VERSION = '2.13.0'

/** What `status_show` knows of the host. */
export interface StatusSource {
  readonly plugins: readonly PluginInfo[]
}

/** The action `status_show`: what the site is, and which plugins are on, in order of loading. */
export function statusShow(site: Site, source: StatusSource): Action {
  return {
    name: 'status_show',
    help: 'Tell what this site is called, where it is, which API it follows and which plugins are enabled.',
    run: () => ({
      success: true,
      result: {
        ckan_version: CKAN_VERSION,
        site_url: site.url,
        site_description: site.description,
        site_title: site.title,
        error_emails_to: null,
        locale_default: site.locale,
        extensions: source.plugins.filter(({ state }) => state === 'on').map(({ name }) => name),
      },
    }),
  }
}
