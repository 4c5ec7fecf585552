import * as core from './signals.ts'

/**
 * The core signals and their two namespaces under one name.
 *
 * @example
 * ```ts
 * import { signals } from '@aldis/core'
 *
 * console.log(signals.userCreated === signals.ckan.signal('user_created'))
 * console.log(signals.ckan.signal('action_succeeded') === signals.actionSucceed)
 * ```
 *
 * ```text
 * true
 * true
 * ```
 */
export const signals = Object.freeze({ ...core })
