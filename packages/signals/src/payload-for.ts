/** The key of what is never there at run time. */
declare const bySender: unique symbol

/**
 * How a payload's type follows from its sender: extend it with a `payload` that is written with `this['sender']`.
 *
 * @example
 * ```ts
 * import { namespace, type BySender, type DependsOnSender, type Signal } from '@aldis/signals'
 *
 * class Stock<T> {
 *   readonly items: readonly T[]
 *   constructor(items: readonly T[]) {
 *     this.items = items
 *   }
 * }
 * interface Sold<T> {
 *   readonly item: T
 * }
 * interface SoldBySender extends BySender {
 *   readonly payload: Sold<this['sender'] extends Stock<infer T> ? T : unknown>
 * }
 *
 * const sold: Signal<Stock<unknown>, DependsOnSender<Sold<unknown>, SoldBySender>> = namespace('shop').declare('sold')
 *
 * const books = new Stock([{ title: 'Flatland' }])
 * sold.connect((_stock, { item }) => console.log(item.title), { sender: books })
 * for (const item of books.items) sold.send(books, { item })
 * ```
 *
 * ```text
 * Flatland
 * ```
 */
export interface BySender {
  readonly sender: unknown
  readonly payload: unknown
}

/** The payload `P`, which receivers of one sender see as `F` says. Sending takes any `P`. */
export type DependsOnSender<P, F extends BySender> = P & { readonly [bySender]?: F }

/** What a receiver of the sender `S` gets of a signal with the payload `P`: that, and more of it when it depends on the sender. */
export type PayloadFor<P, S> = P & Refined<P, S>

type Refined<P, S> = P extends { readonly [bySender]?: infer F extends BySender }
  ? typeof bySender extends keyof P
    ? (F & { readonly sender: S })['payload']
    : unknown
  : unknown
