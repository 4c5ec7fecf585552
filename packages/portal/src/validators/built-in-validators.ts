import type { Validator } from '../interfaces/ivalidators.ts'

/** The portal's own validators by name. */
export const builtInValidators: Readonly<Record<string, Validator>> = {}
