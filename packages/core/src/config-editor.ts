import { randomUUID } from 'node:crypto'
import { open, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

import { isMap, isScalar, isSeq, parseDocument, type Document, type Scalar, type YAMLSeq } from 'yaml'

import { AldisError, messageOf } from './aldis-error.ts'
import { lineDiff } from './line-diff.ts'
import { isPluginName, PluginNameError } from './plugin-name.ts'

/** A configuration file cannot be edited as asked. */
export class ConfigEditError extends AldisError {
  readonly code = 'CONFIG_EDIT'
  readonly path: string

  constructor(path: string, detail: string, cause?: unknown) {
    super(`${path} is left as it was: ${detail}`, { cause })
    this.path = path
  }
}

/** What to change in a configuration's list of plugins. */
export interface PluginListChange {
  /** The plugin to enable; nothing happens when it is enabled. */
  readonly enable?: string
  /** The enabled plugin behind which to put it. @defaultValue the last one */
  readonly after?: string
  /** The plugins to disable; those that are not enabled stay so. */
  readonly disable?: readonly string[]
}

/** A change of a configuration file that is not written yet. */
export interface ConfigEdit {
  /** The file. */
  readonly path: string
  readonly before: string
  readonly after: string
  /** The changed lines as `diff -u` prints them; '' when nothing changes. */
  readonly diff: string
}

/** Part of a text that gives way to another. */
interface Splice {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * Work out how the configuration at `path` reads after `change`. Everything but the
 * lines concerned stays as it is, comments and layout included; a disabled
 * plugin keeps its settings and loses the comment on its own line. Writes nothing: {@link writeConfigEdit} does.
 *
 * @throws PluginNameError when a name cannot be a plugin's
 * @throws ConfigEditError when the file cannot be read or its `plugins` is no list of names
 */
export async function editConfig(path: string, change: PluginListChange): Promise<ConfigEdit> {
  const names = [change.enable, change.after, ...(change.disable ?? [])]
  for (const name of names) {
    if (name !== undefined && !isPluginName(name)) throw new PluginNameError(name, `the change of ${path}`)
  }
  let before: string
  try {
    before = await readFile(path, 'utf8')
  } catch (error) {
    throw new ConfigEditError(path, messageOf(error), error)
  }
  let after = before
  for (const name of change.disable ?? []) {
    const index = pluginsIn(path, after).indexOf(name)
    if (index !== -1) after = apply(path, after, (list) => list.toSpliced(index, 1), removal(index))
  }
  const { enable } = change
  const listed = pluginsIn(path, after)
  if (enable !== undefined && !listed.includes(enable)) {
    const index = change.after === undefined ? listed.length - 1 : listed.indexOf(change.after)
    if (change.after !== undefined && index === -1) {
      throw new ConfigEditError(
        path,
        `"${change.after}" is not enabled, so "${enable}" cannot come after it.`,
      )
    }
    after = apply(path, after, (list) => list.toSpliced(index + 1, 0, enable), insertion(enable, index))
  }
  return { path, before, after, diff: lineDiff(basename(path), before, after) }
}

/**
 * Write `edit`: all of it or nothing, with the file's mode, through a file beside it that takes its place.
 *
 * @throws ConfigEditError when the file is no longer what the edit was made from, or cannot be written
 */
export async function writeConfigEdit(edit: ConfigEdit): Promise<void> {
  if (edit.before === edit.after) return
  let temporary: string | undefined
  try {
    const path = await realpath(edit.path)
    const { mode } = await stat(path)
    if ((await readFile(path, 'utf8')) !== edit.before) {
      throw new ConfigEditError(edit.path, 'it was changed in the meantime. Try again.')
    }
    // In a container every process has the same few numbers, so one that was killed may have had this one's.
    const beside = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
    await using file = await open(beside, 'wx', mode)
    temporary = beside
    await file.chmod(mode & 0o7777)
    await file.writeFile(edit.after)
    await file.sync()
    await rename(temporary, path)
    temporary = undefined
  } catch (error) {
    if (error instanceof ConfigEditError) throw error
    throw new ConfigEditError(edit.path, messageOf(error), error)
  } finally {
    if (temporary !== undefined) await rm(temporary, { force: true })
  }
}

const isName = (item: unknown): item is Scalar<string> & { range: [number, number, number] } =>
  isScalar(item) && typeof item.value === 'string' && Array.isArray(item.range)

function documentOf(path: string, text: string): Document {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error) throw new ConfigEditError(path, `it is not YAML: ${error.message}`, error)
  if (document.contents !== null && !isMap(document.contents)) {
    throw new ConfigEditError(path, 'it is not a map of settings.')
  }
  return document
}

function pluginsIn(path: string, text: string): string[] {
  const list = documentOf(path, text).get('plugins')
  if (list === undefined || list === null) return []
  if (isSeq(list) && list.items.every(isName)) return list.items.map(({ value }) => value)
  throw new ConfigEditError(path, '"plugins" is not a list of names.')
}

/** Change the list, through `splices` where they do it and through the document as a whole where they do not. */
function apply(
  path: string,
  text: string,
  change: (list: readonly string[]) => string[],
  splices: (text: string, list: YAMLSeq) => readonly Splice[] | undefined,
): string {
  const document = documentOf(path, text)
  const wanted = change(pluginsIn(path, text))
  const list = document.get('plugins')
  if (isSeq(list)) {
    const spliced = splices(text, list)
    if (spliced !== undefined) {
      const result = spliced
        .toSorted((a, b) => b.start - a.start)
        .reduce((rest, { start, end, text: part }) => rest.slice(0, start) + part + rest.slice(end), text)
      if (saysTheSame(document, result, wanted)) return result
    }
  }
  document.set('plugins', document.createNode(wanted))
  return document.toString({ lineWidth: 0 })
}

/** Whether `text` has the plugins `wanted` and is otherwise the same as `document`. */
function saysTheSame(document: Document, text: string, wanted: readonly string[]): boolean {
  const result = parseDocument(text)
  if (result.errors.length > 0) return false
  const expected = document.clone()
  expected.set('plugins', expected.createNode(wanted))
  return JSON.stringify(result.toJS()) === JSON.stringify(expected.toJS())
}

/** Takes the item at `index` out of a list. */
function removal(index: number) {
  return (text: string, list: YAMLSeq): Splice[] | undefined => {
    const items = list.items.filter(isName)
    const [previous, item, next] = [items[index - 1], items[index], items[index + 1]]
    if (item === undefined || items.length === 1) return undefined
    const line = lineAround(text, item.range[0])
    if (list.flow !== true) return [{ ...line, text: '' }]
    const alone = /^\s*["']?[\w]+["']?\s*,?\s*(?:#.*)?$/.test(text.slice(line.start, line.end).trimEnd())
    if (next !== undefined) {
      const end = alone ? line.end : next.range[0]
      return [{ start: alone ? line.start : item.range[0], end, text: '' }]
    }
    if (previous === undefined) return undefined
    if (!alone) return [{ start: previous.range[1], end: item.range[1], text: '' }]
    const comma = text.indexOf(',', previous.range[1])
    return [
      { ...line, text: '' },
      { start: comma, end: comma + 1, text: '' },
    ]
  }
}

/** Puts `name` behind the item at `index` of a list. */
function insertion(name: string, index: number) {
  return (text: string, list: YAMLSeq): Splice[] | undefined => {
    const items = list.items.filter(isName)
    const item = items[index]
    if (items.length === 0 && list.flow === true && list.range) {
      return [
        {
          start: list.range[0],
          end: list.range[1],
          text: text.startsWith('{') ? `["${name}"]` : `[${name}]`,
        },
      ]
    }
    if (item === undefined) return undefined
    const quote = /^["']/.exec(text.slice(item.range[0]))?.[0] ?? ''
    const value = `${quote}${name}${quote}`
    const line = lineAround(text, item.range[0])
    const written = text.slice(line.start, line.end)
    const eol = text.includes('\r\n') ? '\r\n' : '\n'
    const below = (content: string): Splice => {
      const open = written.endsWith('\n') ? '' : eol
      return { start: line.end, end: line.end, text: `${open}${content}${open === '' ? eol : ''}` }
    }
    if (list.flow !== true) {
      const dash = /^\s*-\s+/.exec(written)?.[0]
      return dash === undefined ? undefined : [below(`${dash}${value}`)]
    }
    const indent = /^(\s*)["']?\w/.exec(written)?.[1]
    const rest = text.slice(item.range[1], line.end).replace(/#.*/, '')
    if (indent === undefined || /[^\s,]/.test(rest)) {
      return [{ start: item.range[1], end: item.range[1], text: `, ${value}` }]
    }
    if (rest.includes(',')) return [below(`${indent}${value},`)]
    return [{ start: item.range[1], end: item.range[1], text: ',' }, below(`${indent}${value}`)]
  }
}

/** The line that holds `offset`, its end included. */
function lineAround(text: string, offset: number): { start: number; end: number } {
  const end = text.indexOf('\n', offset)
  return { start: text.lastIndexOf('\n', offset - 1) + 1, end: end === -1 ? text.length : end + 1 }
}
