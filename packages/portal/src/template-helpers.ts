import type { TemplateHelper } from './interfaces/itemplate-helpers.ts'

/** The portal's own template helpers by name. */
export const builtInHelpers: Readonly<Record<string, TemplateHelper>> = {}
