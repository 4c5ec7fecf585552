import { defineInterface, type Interface } from '@aldis/core'

import type { Contribution } from '../chained.ts'
import type { HtmlValue } from '../html.ts'

/**
 * A named function that pages call: it returns what stands in the page. What a helper gets is said where the
 * portal declares it (`template-helpers.ts`); plugins may have helpers of their own.
 */
export type TemplateHelper = (...args: readonly unknown[]) => HtmlValue | Promise<HtmlValue>

/** Implemented by plugins that add, replace or wrap (`chained`) the helpers of pages. */
export interface ITemplateHelpers {
  getHelpers(): Readonly<Record<string, Contribution<TemplateHelper>>>
}

export const ITemplateHelpers: Interface<ITemplateHelpers> = defineInterface<ITemplateHelpers>(
  'portal:ITemplateHelpers',
  ['getHelpers'],
)
