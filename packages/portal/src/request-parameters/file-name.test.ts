import { expect, test } from 'vitest'

import { cleanFileName } from './file-name.ts'

test.each([
  ['rivers.csv', 'rivers.csv'],
  ['../../etc/passwd', 'passwd'],
  ['C:\\Users\\ann\\rivers.csv', 'rivers.csv'],
  ['/etc/', 'file'],
  ['', 'file'],
  ['   ', 'file'],
  ['.', 'file'],
  ['..', 'file'],
  ['...', 'file'],
  ['.htaccess', '.htaccess'],
  ['a\u0000b\r\nc\td\u007F\u0085.csv', 'abcd.csv'],
  ['report\u202Evsc.exe', 'reportvsc.exe'],
  ['half \uD800.csv', 'half .csv'],
  ['Flüsse – ñ 河流 👩‍🔬.csv', 'Flüsse – ñ 河流 👩‍🔬.csv'],
])('the file name %j becomes %j', (given, name) => {
  expect(cleanFileName(given)).toBe(name)
})

test('a long name is cut before its ending', () => {
  expect(cleanFileName(`${'a'.repeat(500)}.csv`)).toBe(`${'a'.repeat(196)}.csv`)
  expect(cleanFileName(`a.${'b'.repeat(500)}`)).toBe(`a.${'b'.repeat(198)}`)
  expect(cleanFileName('a'.repeat(200))).toBe('a'.repeat(200))
})

test('a long name is not cut within a character', () => {
  expect(cleanFileName(`a${'👩'.repeat(150)}`)).toBe(`a${'👩'.repeat(99)}`)
})
