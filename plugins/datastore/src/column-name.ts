import { DatastoreInputError, quotedNames } from './datastore-input-error.ts'

/** What PostgreSQL keeps of an identifier; it cuts the rest off without a word. */
const maximumNameBytes = 63

/** What is wrong with `name` as that of a column, or `undefined`. */
export function columnNameProblem(name: string): string | undefined {
  if (name === '') return 'a name must not be empty'
  if (name !== name.trim()) return 'a name must not begin or end with white space'
  if (name.startsWith('_')) return 'a name must not begin with "_"'
  if (name.includes('"')) return 'a name must not contain a double quote'
  if (/\p{Cc}/u.test(name)) return 'a name must not contain control characters'
  if (!name.isWellFormed()) return 'a name must be well-formed Unicode'
  if (Buffer.byteLength(name) > maximumNameBytes) return `a name has at most ${maximumNameBytes} bytes`
  return undefined
}

/**
 * Throw when one of `names` cannot be a column, or is there twice.
 *
 * @throws DatastoreInputError for `fields`.
 */
export function checkColumnNames(names: readonly string[]): void {
  const problems = names.flatMap((name) => {
    const problem = columnNameProblem(name)
    return problem === undefined ? [] : [`"${name}" is not a valid field name: ${problem}.`]
  })
  const duplicates = new Set(names.filter((name, index) => names.indexOf(name) < index))
  if (duplicates.size > 0) problems.push(`Duplicate field names are not allowed: ${quotedNames(duplicates)}.`)
  if (problems.length > 0) throw new DatastoreInputError({ fields: problems })
}

/**
 * Make every one of `headings` a column name that can be, and that no other has.
 *
 * What cannot stand in a name goes, an empty heading becomes `column_3`, and the second `city` is `city_2`.
 */
export function columnNamesFrom(headings: readonly string[]): string[] {
  const wanted = headings.map(
    (heading, index) =>
      cut(
        heading
          .toWellFormed()
          .replaceAll(/[\p{Cc}"]+/gu, ' ')
          .trim()
          .replace(/^_+\s*/, ''),
        maximumNameBytes,
      ) || `column_${index + 1}`,
  )
  const taken = new Set<string>()
  return wanted.map((name, index) => {
    let unique = name
    // A name that another heading has as it stands is left to that one.
    for (
      let count = 2;
      taken.has(unique) || (unique !== name && wanted.includes(unique, index));
      count += 1
    ) {
      const suffix = `_${count}`
      unique = cut(name, maximumNameBytes - suffix.length) + suffix
    }
    taken.add(unique)
    return unique
  })
}

/** The beginning of `text` that has at most `bytes` bytes and ends with a whole character. */
function cut(text: string, bytes: number): string {
  let size = 0
  let kept = ''
  for (const character of text) {
    size += Buffer.byteLength(character)
    if (size > bytes) break
    kept += character
  }
  return kept.trimEnd()
}
