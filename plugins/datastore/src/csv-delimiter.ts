/** What people put between the cells of a line, the likeliest first. */
const delimiters = [',', ';', '\t'] as const
export type CsvDelimiter = (typeof delimiters)[number]

/**
 * The delimiter of a table whose text begins with `beginning`: the one that its first line has most of, outside
 * quotes. A line with none of them is a table of one column.
 */
export function csvDelimiter(beginning: string): CsvDelimiter {
  const counts = new Map<string, number>()
  let quoted = false
  for (const character of beginning) {
    if (character === '"') quoted = !quoted
    else if (!quoted && (character === '\n' || character === '\r')) {
      if (counts.size > 0) break
    } else if (!quoted) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  return delimiters.reduce((best, next) => ((counts.get(next) ?? 0) > (counts.get(best) ?? 0) ? next : best))
}
