/** A page that points at a file that has moved sends its reader nowhere. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { filesMatching, root } from './support/repository.ts'

const pages = filesMatching(['*.md', 'docs/**/*.md', 'packages/**/*.md', 'plugins/**/*.md', 'test/**/*.md'])

test.for(pages)('every link of %s to this repository leads to a file', (page) => {
  const prose = readFileSync(join(root, page), 'utf8').replaceAll(/^\s*```[^]*?^\s*```\s*$/gm, '')
  const targets = [...prose.matchAll(/\]\((?<target>[^)\s]+)[^)]*\)/g)].map(
    ({ groups }) => groups?.['target'] ?? '',
  )
  const paths = targets
    .filter((target) => !/^(?:[a-z]+:|#)/.test(target))
    .map((target) => decodeURI(target.replace(/#.*$/, '')))

  expect(paths.filter((path) => !existsSync(join(root, dirname(page), path)))).toEqual([])
})
