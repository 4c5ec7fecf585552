/** The time that `written` says, as ISO 8601 writes it and to the millisecond; without a zone it is UTC. Undefined when it says none. */
export function isoTime(written: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}/.test(written)) return undefined
  const isWhole = written.length === 10 || /(?:Z|[+-]\d\d:?\d\d)$/i.test(written)
  const time = new Date(isWhole ? written : `${written}Z`)
  const year = time.getUTCFullYear()
  // PostgreSQL has no year 0, and reads none of five digits.
  return year >= 1 && year <= 9999 ? time : undefined
}
