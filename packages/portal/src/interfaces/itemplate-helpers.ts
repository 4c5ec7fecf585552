import { defineInterface, type Interface } from '@aldis/core'

import type { Actor } from '../actions/action.ts'
import type { Contribution } from '../chained.ts'
import type { HtmlValue } from '../html.ts'
import type { Parameters as ActionParameters } from '../request-parameters/json-parameters.ts'
import type { DatasetDict } from './ipackage-controller.ts'
import type { ResourceDict } from './iresource-controller.ts'

/** A user as the API shows it. */
export type UserDict = Record<string, unknown>

/** The page that a helper writes a part of. */
export interface PageView {
  /** Who looks at it; null for nobody in particular. */
  readonly actor: Actor | null
  /**
   * Call an action of the API for whoever looks at the page.
   *
   * @throws ActionError when it refuses
   */
  call(action: string, parameters: ActionParameters): Promise<unknown>
}

/**
 * The helpers of pages: what each gets. What it returns stands in the page: text is escaped, what `html` made is not.
 *
 * A plugin with a helper of its own declares it here too, so that those who wrap it know its signature:
 *
 * @example
 * ```ts
 * import { html, type HtmlValue, type ITemplateHelpers, type TemplateHelpers } from '@aldis/portal'
 *
 * declare module '@aldis/portal' {
 *   interface TemplateHelperTypes {
 *     readonly tide: (hour: number) => HtmlValue
 *   }
 * }
 *
 * export default class TidePlugin implements ITemplateHelpers {
 *   getHelpers(): TemplateHelpers {
 *     return { tide: (hour) => html`<em>${hour % 12 < 6 ? 'in' : 'out'}</em>` }
 *   }
 * }
 * ```
 */
export interface TemplateHelperTypes extends PortalHelpers {}

/** The portal's own helpers. */
export interface PortalHelpers {
  /** A moment, as people read it, in a `time` element; nothing for nothing. */
  readonly format_date: (date: Date | string | null | undefined) => HtmlValue
  /** A size such as `12.3 kB`; nothing for nothing. */
  readonly format_bytes: (bytes: number | null | undefined) => HtmlValue
  /** Sections at the end of a dataset's page. The portal has none: wrap it to add yours. */
  readonly dataset_sections: (dataset: DatasetDict, view: PageView) => HtmlValue | Promise<HtmlValue>
  /** Sections at the end of a resource's page, such as a preview of its data. The portal has none. */
  readonly resource_sections: (resource: ResourceDict, view: PageView) => HtmlValue | Promise<HtmlValue>
  /** Sections at the end of a user's page. The portal has none. */
  readonly user_sections: (user: UserDict, view: PageView) => HtmlValue | Promise<HtmlValue>
  /** The items of the site's navigation: `li` elements. */
  readonly navigation_links: (actor: Actor | null) => HtmlValue
}

/** What plugins return: helpers, or wraps around them, by the names in {@link TemplateHelperTypes}. */
export type TemplateHelpers = {
  readonly [Name in keyof TemplateHelperTypes]?: Contribution<TemplateHelperTypes[Name]>
}

/** Any helper. As a method's type it lets each have parameters of its own: who calls one by name is checked against the name. */
export type TemplateHelper = {
  helper(...given: readonly unknown[]): HtmlValue | Promise<HtmlValue>
}['helper']

/** Implemented by plugins that add, replace or wrap (`chained`) the helpers of pages. */
export interface ITemplateHelpers {
  getHelpers(): TemplateHelpers
}

export const ITemplateHelpers: Interface<ITemplateHelpers> = defineInterface<ITemplateHelpers>(
  'portal:ITemplateHelpers',
  ['getHelpers'],
)
