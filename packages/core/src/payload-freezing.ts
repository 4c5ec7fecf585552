/** What is frozen through and through already: an object that is frozen itself may hold what is not. */
const done = new WeakSet()

/** Freeze `value` through and through, where it is plain data: what has a prototype of its own may need to change. */
export function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || done.has(value)) return
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && prototype !== Object.prototype && !Array.isArray(value)) return
  done.add(value)
  Object.freeze(value)
  for (const child of Object.values(value)) deepFreeze(child)
}
