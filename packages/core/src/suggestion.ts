import { closest, distance } from 'fastest-levenshtein'

/** What is shorter stands for too much. */
const SHORTEST_ABBREVIATION = 3

/** The name among `known` that `name` was probably meant to be. */
export function suggest(name: string, known: Iterable<string>): string | undefined {
  const names = [...known]
  if (names.length === 0) return undefined
  const best = closest(name, names)
  if (distance(name, best) <= Math.max(2, Math.floor(name.length / 3))) return best
  return name.length < SHORTEST_ABBREVIATION ? undefined : names.find((each) => abbreviates(name, each))
}

/** Whether `name` is `full` with letters left out, but not its first. */
function abbreviates(name: string, full: string): boolean {
  if (name[0] !== full[0]) return false
  let at = 0
  for (const letter of full) if (letter === name[at]) at += 1
  return at === name.length
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const best = suggest(name, known)
  return best === undefined ? '' : ` Did you mean "${best}"?`
}
