import { readFileSync } from 'node:fs'
import { parseSync, Visitor } from 'oxc-parser'

export interface SourceImport {
  readonly specifier: string
  readonly line: number
  /** True when nothing is left of it at run time. */
  readonly typeOnly: boolean
}

/** Every module that the TypeScript file at `path` names: imports, re-exports, `import()` and import types. */
export function importsOf(path: string): SourceImport[] {
  const source = readFileSync(path, 'utf8')
  const { program } = parseSync(path, source)
  const found: SourceImport[] = []

  const add = (specifier: unknown, start: number, typeOnly: boolean): void => {
    if (typeof specifier !== 'string') return
    found.push({ specifier, line: source.slice(0, start).split('\n').length, typeOnly })
  }
  new Visitor({
    ImportDeclaration: (node) => add(node.source.value, node.start, node.importKind === 'type'),
    ExportAllDeclaration: (node) => add(node.source.value, node.start, node.exportKind === 'type'),
    ExportNamedDeclaration: (node) => add(node.source?.value, node.start, node.exportKind === 'type'),
    ImportExpression: (node) => {
      if (node.source.type === 'Literal') add(node.source.value, node.start, false)
    },
    TSImportType: (node) => add(node.source.value, node.start, true),
  }).visit(program)
  return found
}
