import { expect, test } from 'vitest'

import { attachment } from './attachment.ts'

test.each([
  ['plain.csv', 'attachment; filename="plain.csv"'],
  ['two words (1).csv', 'attachment; filename="two words (1).csv"'],
  ['Flüsse.csv', `attachment; filename="Fl_sse.csv"; filename*=UTF-8''Fl%C3%BCsse.csv`],
  ['a"b.csv', `attachment; filename="a_b.csv"; filename*=UTF-8''a%22b.csv`],
  ["it's (100%).csv", `attachment; filename="it's (100_).csv"; filename*=UTF-8''it%27s%20%28100%25%29.csv`],
  [
    'a\r\nset-cookie: x',
    `attachment; filename="a__set-cookie: x"; filename*=UTF-8''a%0D%0Aset-cookie%3A%20x`,
  ],
])('%j is saved under its name', (filename, header) => {
  expect(attachment(filename)).toBe(header)
})
