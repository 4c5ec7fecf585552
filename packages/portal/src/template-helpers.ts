import { messageOf, type Logger } from '@aldis/core'

import type { ExtensionPoints } from './extension-points.ts'
import { html, type HtmlValue } from './html.ts'
import type { PortalHelpers, TemplateHelperTypes } from './interfaces/itemplate-helpers.ts'

/** The portal's own template helpers by name. */
export const builtInHelpers = {
  format_date: formatDate,
  format_bytes: formatBytes,
  dataset_sections: () => undefined,
  resource_sections: () => undefined,
  user_sections: () => undefined,
  navigation_links: () => [
    html`<li><a href="/dataset">Datasets</a></li>`,
    html`<li><a href="/organization">Organizations</a></li>`,
    html`<li><a href="/about">About</a></li>`,
  ],
} as const satisfies PortalHelpers

type Given<Name extends keyof TemplateHelperTypes> = Parameters<TemplateHelperTypes[Name]>

/** Calls helpers as the plugins have them now. A page does without what a helper fails to write. */
export class HelperCalls {
  readonly #points: ExtensionPoints
  readonly #logger: Logger

  constructor(points: ExtensionPoints, logger: Logger) {
    this.#points = points
    this.#logger = logger
  }

  /** What the helper `name` writes. Nothing where it has to be waited for. */
  now<Name extends keyof TemplateHelperTypes>(name: Name, ...given: Given<Name>): HtmlValue {
    try {
      const written = this.#find(name)?.value(...given)
      return written instanceof Promise ? undefined : written
    } catch (error) {
      return this.#failed(name, error)
    }
  }

  /** What the helper `name` writes. */
  async call<Name extends keyof TemplateHelperTypes>(name: Name, ...given: Given<Name>): Promise<HtmlValue> {
    try {
      return await this.#find(name)?.value(...given)
    } catch (error) {
      return this.#failed(name, error)
    }
  }

  #find(name: string): ReturnType<ExtensionPoints['current']['helpers']['get']> {
    return this.#points.current.helpers.get(name)
  }

  #failed(name: string, error: unknown): HtmlValue {
    const plugins = this.#find(name)?.providers
    this.#logger.error({ err: error, helper: name, plugins }, `a template helper failed: ${messageOf(error)}`)
    return html`<p class="quiet">A part of this page could not be made.</p>`
  }
}

const MOMENT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })

function formatDate(date: Date | string | null | undefined): HtmlValue {
  if (date === null || date === undefined || date === '') return undefined
  // The API's dates are UTC and do not say so.
  const text = date instanceof Date ? date.toISOString() : date
  const moment = new Date(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) || !text.includes('T') ? text : `${text}Z`)
  if (Number.isNaN(moment.getTime())) return text
  return html`<time datetime="${moment.toISOString()}">${MOMENT.format(moment)} UTC</time>`
}

const UNITS = ['kB', 'MB', 'GB', 'TB'] as const

function formatBytes(bytes: number | null | undefined): HtmlValue {
  if (bytes === null || bytes === undefined) return undefined
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`
  let size = bytes / 1000
  let unit = 0
  while (size >= 999.95 && unit < UNITS.length - 1) {
    size /= 1000
    unit++
  }
  return `${size.toFixed(1).replace(/\.0$/, '')} ${UNITS[unit] ?? ''}`
}
