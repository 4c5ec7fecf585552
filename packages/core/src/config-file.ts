import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'

import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml'

import { messageOf } from './aldis-error.ts'
import { originsOf, type ConfigDraft } from './config-draft.ts'
import { ConfigError, ConfigNotFoundError, type ConfigProblem } from './config-errors.ts'
import { impureData, isForbiddenKey } from './plain-data.ts'

/**
 * A draft of the file at `path`, shown in messages relative to `cwd`.
 *
 * @throws ConfigNotFoundError when it is not there
 * @throws ConfigError when it is not a YAML map of plain data
 */
export function draftOfFile(path: string, cwd: string): ConfigDraft {
  const shown = relative(cwd, path) || path
  const text = read(path, shown)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): string => `${shown}:${lines.linePos(offset).line}`
  const problems: ConfigProblem[] = document.errors.map(({ pos, message }) => ({
    where: at(pos[0]),
    message,
  }))
  visit(document, {
    Pair(_key, { key }) {
      if (isScalar(key) && isForbiddenKey(String(key.value))) {
        const message = `The key "${String(key.value)}" is not allowed anywhere.`
        problems.push({ where: at(key.range?.[0] ?? 0), message })
      }
    },
  })
  if (problems.length > 0) throw new ConfigError(problems)
  const values = valuesOf(document, shown)
  const where = (keys: readonly PropertyKey[]): string => {
    const offset = offsetOf(document, keys)
    return offset === undefined ? shown : at(offset)
  }
  // A key can hide in an alias, where the syntax tree does not show it.
  const impure = impureData(values)
  if (impure.length > 0) {
    throw new ConfigError(impure.map((each) => ({ where: where(each.path), message: each.message })))
  }
  return { path, root: dirname(path), values, origins: originsOf(values, where), where }
}

/** At once: a process that has not read a file asynchronously before would wait for its threads first. */
function read(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new ConfigNotFoundError(path)
    throw new ConfigError([{ where: shown, message: `cannot be read: ${messageOf(error)}` }])
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function valuesOf(document: Document, shown: string): Record<string, unknown> {
  let values: unknown
  try {
    values = document.toJS() ?? {}
  } catch (error) {
    throw new ConfigError([{ where: shown, message: messageOf(error) }])
  }
  if (isRecord(values)) return values
  throw new ConfigError([{ where: shown, message: 'A configuration is a map: "plugins:", "settings:", …' }])
}

/** Where the key or item that `keys` leads to, or the last of them that is there, starts. */
function offsetOf(document: Document, keys: readonly PropertyKey[]): number | undefined {
  let offset: number | undefined
  let node: unknown = document.contents
  for (const key of keys) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(key))
      if (!isScalar(pair?.key)) return offset
      offset = pair.key.range?.[0] ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      if (isScalar(node) || isMap(node) || isSeq(node)) offset = node.range?.[0] ?? offset
    } else return offset
  }
  return offset
}
