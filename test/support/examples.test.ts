import { expect, test } from 'vitest'
import { examplesInMarkdown, examplesInSource } from './examples.ts'

test('an example is a ts block, and the text block after it is what it prints', () => {
  const text = ['# Title', '', '```ts', 'console.log(1)', '```', '', '```text', '1', '```'].join('\n')

  expect(examplesInMarkdown('a.md', text)).toEqual([
    { file: 'a.md', line: 4, code: 'console.log(1)', output: '1' },
  ])
})

test('a text block after other words is not an output', () => {
  const text = ['```ts', 'void 0', '```', 'The log then has:', '```text', '1', '```'].join('\n')

  expect(examplesInMarkdown('a.md', text)).toEqual([{ file: 'a.md', line: 2, code: 'void 0' }])
})

test('blocks in other languages, and a fence inside a longer fence, are not examples', () => {
  const text = ['```sh', 'npm test', '```', '````md', '```ts', 'void 0', '```', '````'].join('\n')

  expect(examplesInMarkdown('a.md', text)).toEqual([])
})

test('an indented block loses the indentation of its fence', () => {
  const text = ['- so:', '  ```ts', '  if (true) {', '    void 0', '  }', '  ```'].join('\n')

  expect(examplesInMarkdown('a.md', text).map(({ code }) => code)).toEqual(['if (true) {\n  void 0\n}'])
})

test('a block can be exempt, and the reason is kept', () => {
  const text = ['```ts no-check the file is cut short', 'void', '```', '```ts no-check', 'void', '```'].join(
    '\n',
  )

  expect(examplesInMarkdown('a.md', text).map(({ exempt }) => exempt)).toEqual(['the file is cut short', ''])
})

test('examples are found in doc comments, with the line they have in the source', () => {
  const source = [
    'const a = 1',
    '/**',
    ' * Does b.',
    ' *',
    ' * ```ts',
    ' * b()',
    ' * ```',
    ' */',
    'function b() {}',
  ].join('\n')

  expect(examplesInSource('a.ts', source)).toEqual([{ file: 'a.ts', line: 6, code: 'b()' }])
})

test('ordinary comments and strings hold no examples', () => {
  const source = [
    '/*',
    ' * ```ts',
    ' * b()',
    ' * ```',
    ' */',
    'const text = `/**',
    '```ts',
    'c()',
    '```',
    '*/`',
  ].join('\n')

  expect(examplesInSource('a.ts', source.replaceAll('```', "'''"))).toEqual([])
  expect(examplesInSource('a.ts', source.split('\n').slice(0, 5).join('\n'))).toEqual([])
})
