/**
 * Names a service that plugins provide to each other, and carries its type.
 * Export a token under its interface's name, so that one import gives both.
 */
export interface Token<T> {
  readonly name: string
  /** What the container knows the service by; equal for equal names, whichever copy of core made it. */
  readonly key: symbol
  /** Carries the type; never there at run time. */
  readonly type?: T
}

/** What can be injected: a token, or a class that the container can build. */
export type Injectable<T = unknown> = Token<T> | (new (...args: never[]) => T)

/**
 * The constructor parameters that an `inject` list stands for.
 *
 * @example
 * ```ts
 * import { defineToken, PluginContext, type Injected } from '@aldis/core'
 *
 * interface Mailer {
 *   send(to: string, text: string): Promise<void>
 * }
 * const Mailer = defineToken<Mailer>('shop:Mailer')
 *
 * export default class WelcomePlugin {
 *   static readonly inject = [PluginContext, Mailer] as const
 *   readonly mailer: Mailer
 *
 *   constructor(...[context, mailer]: Injected<typeof WelcomePlugin.inject>) {
 *     context.logger.info({}, 'ready')
 *     this.mailer = mailer
 *   }
 * }
 * ```
 */
export type Injected<L extends readonly Injectable[]> = {
  -readonly [K in keyof L]: L[K] extends Token<infer T>
    ? T
    : L[K] extends new (...args: never[]) => infer T
      ? T
      : never
}

/** A token for services of type `T`. `name` says whose it is: `plugin:Service`. */
export function defineToken<T>(name: string): Token<T> {
  return Object.freeze({ name, key: Symbol.for(`aldis.token:${name}`) })
}
