import { existsSync, readFileSync } from 'node:fs'
import type * as Inspector from 'node:inspector'
import { SourceMap, type SourceMapping } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

import { z } from 'zod'

/** How many bound functions may stand between a function and what it calls. */
const MOST_BINDINGS = 32

/** Where the functions are while the inspector looks at them: it reaches values through the global object alone. */
const shelf = Symbol.for('aldis.locating')

type Post = (method: string, parameters?: object) => unknown

/**
 * Tell where each of `functions` is written, as `path:line`: of the TypeScript
 * source where a source map leads there. Undefined for what is not written anywhere
 * (native functions) and where the engine has no inspector. A bound function
 * is located where the function that it calls is.
 *
 * Looks through the debugger's eyes, so it is for listings, not for code that runs often.
 *
 * @example
 * ```ts
 * import { locateFunctions } from '@aldis/core'
 *
 * const [here, native] = locateFunctions([() => 1, Math.max])
 * console.log(typeof here, typeof native)
 * ```
 *
 * ```text
 * string undefined
 * ```
 */
export function locateFunctions(functions: readonly unknown[]): (string | undefined)[] {
  const inspector = functions.length === 0 ? undefined : loadInspector()
  if (inspector === undefined) return functions.map(() => undefined)
  const session = new inspector.Session()
  const urls = new Map<string, string>()
  try {
    session.connect()
    session.on('Debugger.scriptParsed', ({ params }) => urls.set(params.scriptId, params.url))
    const post: Post = (method, parameters) => answerOf(session, method, parameters)
    post('Debugger.enable')
    Reflect.set(globalThis, shelf, functions)
    const list = field(
      post('Runtime.evaluate', { expression: `globalThis[Symbol.for('aldis.locating')]` }),
      'result',
    )
    const items = propertiesOf(post, list, 'result')
    return functions.map((_, index) => {
      const item = items.find((property) => field(property, 'name') === String(index))
      const place = placeOf(post, field(item, 'value'))
      const url = urls.get(String(field(place, 'scriptId')))
      const line = field(place, 'lineNumber')
      if (url === undefined || url === '' || typeof line !== 'number') return undefined
      const column = field(place, 'columnNumber')
      return sourceLocation(`${url}:${line + 1}:${typeof column === 'number' ? column + 1 : 1}`)
    })
  } catch {
    return functions.map(() => undefined)
  } finally {
    Reflect.deleteProperty(globalThis, shelf)
    session.disconnect()
  }
}

/**
 * The `path:line` of what `location` (`file:///…/dist/x.js:12`, a column may follow) was
 * made from: the TypeScript source where a source map beside the file leads there, else the file itself.
 */
export function sourceLocation(location: string): string {
  const match = /^(.*?):(\d+)(?::(\d+))?$/.exec(location)
  const [, url, line, column] = match ?? []
  if (url === undefined || line === undefined) return location
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const map = sourceMapOf(path)
  const origin = map && originOf(map, Number(line), column === undefined ? undefined : Number(column))
  return origin === undefined
    ? `${path}:${line}`
    : `${fileURLToPath(new URL(origin.file, pathToFileURL(path)))}:${origin.line}`
}

/** The source of a generated position; of the first mapping in the line where the column is not known. */
function originOf(map: SourceMap, line: number, column?: number): { file: string; line: number } | undefined {
  const first: Partial<SourceMapping> = map.findEntry(line - 1, (column ?? 1) - 1)
  // What was found may lie on an earlier line; then the line starts with something unmapped.
  const found: Partial<SourceMapping> =
    first.generatedLine === line - 1 ? first : map.findEntry(line - 1, Number.MAX_SAFE_INTEGER)
  const { generatedLine, originalSource, originalLine } = found
  if (generatedLine !== line - 1 || originalSource === undefined || originalLine === undefined)
    return undefined
  return { file: originalSource, line: originalLine + 1 }
}

const Payload = z.object({
  version: z.literal(3),
  file: z.string().default(''),
  sources: z.array(z.string()),
  sourcesContent: z.array(z.string()).default([]),
  names: z.array(z.string()).default([]),
  mappings: z.string(),
  sourceRoot: z.string().default(''),
})
const maps = new Map<string, SourceMap | undefined>()

function sourceMapOf(path: string): SourceMap | undefined {
  if (!maps.has(path)) maps.set(path, readSourceMap(`${path}.map`))
  return maps.get(path)
}

function readSourceMap(file: string): SourceMap | undefined {
  try {
    return existsSync(file) ? new SourceMap(Payload.parse(JSON.parse(readFileSync(file, 'utf8')))) : undefined
  } catch {
    return undefined
  }
}

function loadInspector(): typeof Inspector | undefined {
  try {
    return process.getBuiltinModule('node:inspector')
  } catch {
    return undefined
  }
}

/** What the inspector answers; in the same thread it does so before `post` returns. */
function answerOf(session: Inspector.Session, method: string, parameters: object = {}): unknown {
  let answer: unknown
  session.post(method, parameters, (error: Error | null, result?: unknown) => {
    if (error === null) answer = result
  })
  return answer
}

/** Where the function `object` is written; through what it binds. */
function placeOf(post: Post, object: unknown): unknown {
  let at = object
  for (let depth = 0; depth < MOST_BINDINGS; depth++) {
    const internals = propertiesOf(post, at, 'internalProperties')
    const internal = (name: string): unknown =>
      field(
        internals.find((property) => field(property, 'name') === name),
        'value',
      )
    const target = internal('[[TargetFunction]]')
    if (target === undefined) return field(internal('[[FunctionLocation]]'), 'value')
    at = target
  }
  return undefined
}

function propertiesOf(
  post: Post,
  object: unknown,
  kind: 'result' | 'internalProperties',
): readonly unknown[] {
  const objectId = field(object, 'objectId')
  if (typeof objectId !== 'string') return []
  const found = field(post('Runtime.getProperties', { objectId, ownProperties: true }), kind)
  return Array.isArray(found) ? found : []
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}
