/**
 * `plugins` in order of precedence: as the configuration has `listed` them, then
 * those it does not list, in the order given.
 */
export function byPrecedence<T extends { readonly name: string }>(
  plugins: readonly T[],
  listed: readonly string[],
): T[] {
  const ranks = new Map(listed.map((name, rank) => [name, rank]))
  const rankOf = ({ name }: T): number => ranks.get(name) ?? listed.length
  return plugins.toSorted((a, b) => rankOf(a) - rankOf(b))
}
