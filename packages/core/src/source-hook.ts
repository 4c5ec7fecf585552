import { registerHooks } from 'node:module'
import { sep } from 'node:path'
import { pathToFileURL } from 'node:url'

/** The export condition under which a workspace package offers its TypeScript source. */
export const SOURCE_CONDITION = '@aldis/source'

const folders = new Set<string>()
let installed = false

/** Whether the plugin in `folder` may run from source: Node strips no types below node_modules. */
export function runsFromSource(folder: string, packageName: string): boolean {
  return !packageName.startsWith('@aldis/') && !folder.split(sep).includes('node_modules')
}

/**
 * From now on, let what the plugin in `folder` imports resolve with the source
 * condition. `@aldis/*` itself never does: redirected, there would be two cores.
 */
export function resolveFromSource(folder: string): void {
  folders.add(`${pathToFileURL(folder).href}/`)
  if (installed) return
  installed = true
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const { parentURL } = context
      const bare = !/^(?:[./#]|[a-z]+:)/.test(specifier) && !specifier.startsWith('@aldis/')
      if (!bare || parentURL === undefined || !isBelow(folders, parentURL))
        return nextResolve(specifier, context)
      return nextResolve(specifier, { ...context, conditions: [...context.conditions, SOURCE_CONDITION] })
    },
  })
}

function isBelow(folders: Iterable<string>, url: string): boolean {
  for (const folder of folders) if (url.startsWith(folder)) return true
  return false
}
