const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Whether `text` is a UUID: the database fails on an id that is none. */
export function isUuid(text: string): boolean {
  return UUID.test(text)
}
