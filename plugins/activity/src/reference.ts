const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i

/** Whether `text` can be compared with a column of ids. */
export function isId(text: string): boolean {
  return UUID.test(text)
}

/** What `reference` stands for, an id or a name, as a condition. */
export function referred(reference: string): { id: string } | { name: string } {
  return isId(reference) ? { id: reference.toLowerCase() } : { name: reference }
}
