/** That the list of mutations is of the code that there is. Whether they turn red is for `pnpm mutations`. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { mutations } from './outbox-mutations.ts'
import { root } from './repository.ts'

test.each(mutations)('has one place, and a test that must notice: $name', async (mutation) => {
  const source = await readFile(join(root, 'packages/outbox/src', mutation.file), 'utf8')
  const [file, title] = mutation.test

  expect(source.split(mutation.from)).toHaveLength(2)
  expect(await readFile(join(root, 'test', file), 'utf8')).toContain(`test('${title}`)
})
