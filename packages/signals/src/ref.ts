/** Something that is held, or as a `WeakRef` is only looked at while others hold it. */
export type Ref<T extends object> = T | WeakRef<T>

/** What `ref` refers to; undefined when that is collected. */
export function held<T extends object>(ref: Ref<T> | undefined): T | undefined {
  return ref instanceof WeakRef ? ref.deref() : ref
}

/** A reference to what `ref` refers to that does not hold it. */
export function weakly<T extends object>(ref: Ref<T> | undefined): Ref<T> | undefined {
  const target = held(ref)
  return target && new WeakRef(target)
}
