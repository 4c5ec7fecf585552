const LONGEST = 2000

/** Nobody's: what leads away from it leads out of the site. */
const HERE = 'http://local.invalid'

/**
 * The path of this site that `next`, from a query or a form, names; `fallback` for everything else: another
 * site, however it is written, no text, more than 2000 characters. The path is fit for a `Location` header.
 */
export function localPath(next: unknown, fallback: string): string {
  if (typeof next !== 'string' || next.length > LONGEST) return fallback
  // Browsers take a backslash for a slash, and leave tabs and line ends out.
  if (!/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return fallback
  const url = URL.parse(next, HERE)
  if (url?.origin !== HERE || url.pathname.startsWith('//')) return fallback
  return url.pathname + url.search + url.hash
}
