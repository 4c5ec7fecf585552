import { closest, distance } from 'fastest-levenshtein'

/** The name among `known` that `name` was probably meant to be. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  const names = [...known]
  if (names.length === 0) return undefined
  const best = closest(name, names)
  return distance(name, best) <= Math.max(2, Math.floor(name.length / 3)) ? best : undefined
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const best = suggest(name, known)
  return best === undefined ? '' : ` Did you mean "${best}"?`
}
