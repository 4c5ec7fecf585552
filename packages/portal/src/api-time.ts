/** `time` as the API writes times, all of them: ISO 8601 with six digits of the second, in UTC, which it does not say. */
export function apiTime(time: Date): string {
  return time.toISOString().replace('Z', '000')
}
