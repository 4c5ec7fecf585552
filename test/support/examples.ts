/**
 * Finds the TypeScript examples of the documentation, in Markdown and in doc comments.
 *
 * An example is a block fenced with `ts`. When a block fenced with `text` follows it directly, that is what
 * the example prints. A block may be exempt with a reason on its fence: `ts no-check it is not finished here`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'oxc-parser'
import { filesMatching, root } from './repository.ts'

export interface Example {
  /** The document, relative to the repository. */
  readonly file: string
  /** The line of `file` on which the code's first line stands, counted from 1. */
  readonly line: number
  readonly code: string
  /** What it prints, when the document says so. */
  readonly output?: string
  /** Why it is not compiled; an empty string when the author gave no reason. */
  readonly exempt?: string
}

/** A line of prose and the line number it has in its file. */
interface Line {
  readonly text: string
  readonly number: number
}

export function allExamples(): Example[] {
  const documents = filesMatching([
    '*.md',
    'docs/*.md',
    'packages/*/README.md',
    'plugins/*/README.md',
    'packages/*/docs/**/*.md',
    'plugins/*/docs/**/*.md',
  ])
  const sources = filesMatching(['packages/*/src/**/*.ts', 'plugins/*/src/**/*.ts']).filter(
    (file) => !/\.test(?:-d)?\.ts$/.test(file),
  )
  return [
    ...documents.flatMap((file) => examplesInMarkdown(file, readFileSync(join(root, file), 'utf8'))),
    ...sources.flatMap((file) => examplesInSource(file, readFileSync(join(root, file), 'utf8'))),
  ]
}

export function examplesInMarkdown(file: string, text: string): Example[] {
  return examplesInLines(
    file,
    text.split('\n').map((line, index) => ({ text: line, number: index + 1 })),
  )
}

export function examplesInSource(file: string, source: string): Example[] {
  const docComments = parseSync(file, source).comments.filter(
    ({ type, value }) => type === 'Block' && value.startsWith('*'),
  )
  return docComments.flatMap(({ value, start }) => {
    const firstLine = source.slice(0, start).split('\n').length
    const lines = value
      .split('\n')
      .map((line, index) => ({ text: line.replace(/^\s*\* ?/, ''), number: firstLine + index }))
    return examplesInLines(file, lines)
  })
}

function examplesInLines(file: string, lines: readonly Line[]): Example[] {
  const blocks = blocksIn(lines)
  return blocks.flatMap((block, index) => {
    const [language, ...words] = block.info.split(/\s+/)
    if (language !== 'ts' && language !== 'typescript') return []

    const next = blocks[index + 1]
    const printed = next?.info === 'text' && isBlank(lines.slice(block.end + 1, next.start))
    const exempt = words[0] === 'no-check' ? words.slice(1).join(' ') : undefined
    return {
      file,
      line: block.firstLine,
      code: block.content,
      ...(printed && { output: next.content }),
      ...(exempt !== undefined && { exempt }),
    }
  })
}

interface Block {
  readonly info: string
  readonly content: string
  readonly firstLine: number
  /** Indices into the lines of the opening and the closing fence. */
  readonly start: number
  readonly end: number
}

function blocksIn(lines: readonly Line[]): Block[] {
  const blocks: Block[] = []
  for (let start = 0; start < lines.length; start += 1) {
    const opening = /^(?<indent>\s*)(?<fence>`{3,})(?<info>[^`]*)$/.exec(lines[start]?.text ?? '')?.groups
    if (opening === undefined) continue

    const { indent = '', fence = '', info = '' } = opening
    const isClosing = ({ text }: Line): boolean =>
      text.trim().length >= fence.length && /^`+$/.test(text.trim())
    const found = lines.slice(start + 1).findIndex(isClosing)
    const end = found === -1 ? lines.length : start + 1 + found
    const content = lines
      .slice(start + 1, end)
      .map(({ text }) => (text.startsWith(indent) ? text.slice(indent.length) : text.trimStart()))
      .join('\n')
    const firstLine = (lines[start]?.number ?? 0) + 1
    blocks.push({ info: info.trim(), content, firstLine, start, end })
    start = end
  }
  return blocks
}

function isBlank(lines: readonly Line[]): boolean {
  return lines.every(({ text }) => text.trim() === '')
}
