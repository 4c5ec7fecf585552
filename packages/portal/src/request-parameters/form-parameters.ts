import { checkKey, jsonParameters, type Parameters } from './json-parameters.ts'

/**
 * The parameters in the urlencoded form `text`.
 *
 * What `curl -d '{…}'` sends calls itself a form and is JSON; so is what
 * older clients of CKAN send, with the JSON percent-encoded as the one name in the form.
 *
 * @throws ParametersInvalidError when it is such JSON and cannot be read, or a name reaches for a prototype
 */
export function formParameters(text: string): Parameters {
  if (looksLikeJson(text)) return jsonParameters(text)
  const entries = [...new URLSearchParams(text)]
  const [[name, value] = ['', ''], ...others] = entries
  if (others.length === 0 && (value === '' || value === '1') && looksLikeJson(name))
    return jsonParameters(name)
  return gatherParameters(entries)
}

/**
 * The parameters in the query of `url`.
 *
 * @throws ParametersInvalidError when a name reaches for a prototype
 */
export function queryParameters(url: string): Parameters {
  const start = url.indexOf('?')
  return start < 0 ? {} : gatherParameters(new URLSearchParams(url.slice(start + 1)))
}

/**
 * Parameters from names and values: a name that is there once has its value, one that is there again a list.
 *
 * @throws ParametersInvalidError when a name reaches for a prototype
 */
export function gatherParameters(entries: Iterable<readonly [string, unknown]>): Parameters {
  const lists = new Map<string, unknown[]>()
  for (const [name, value] of entries) {
    const list = lists.get(name)
    if (list === undefined) {
      checkKey(name)
      lists.set(name, [value])
    } else {
      list.push(value)
    }
  }
  return Object.fromEntries([...lists].map(([name, list]) => [name, list.length === 1 ? list[0] : list]))
}

function looksLikeJson(text: string): boolean {
  return text.trimStart().startsWith('{')
}
