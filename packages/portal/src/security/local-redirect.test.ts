import { expect, test } from 'vitest'

import { localPath } from './local-redirect.ts'

test.each([
  ['/', '/'],
  ['/dataset', '/dataset'],
  ['/dataset?q=a%20b&page=2#top', '/dataset?q=a%20b&page=2#top'],
  ['/dataset/Flüsse', '/dataset/Fl%C3%BCsse'],
  ['/dataset/../user/me', '/user/me'],
  ['/login?next=https://example.org', '/login?next=https://example.org'],
])('%s stays here', (next, path) => {
  expect(localPath(next, '/fallback')).toBe(path)
})

test.each([
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/dataset\\..\\..\\evil',
  '/..//evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e%2e//evil.example',
  'https://evil.example',
  'https:/evil.example',
  'https:evil.example',
  'javascript:alert(1)',
  'data:text/html,x',
  'evil.example',
  '@evil.example',
  '',
  ' /dataset',
  '/\t/evil.example',
  '\t//evil.example',
  '/\n/evil.example',
  '/dataset\r\nSet-Cookie: a=b',
  '/\u0000',
  '/\u0085x',
  `/${'x'.repeat(3000)}`,
  undefined,
  null,
  7,
  ['/dataset', '/dataset'],
  { toString: () => '/dataset' },
])('%j leads to the fallback', (next) => {
  expect(localPath(next, '/fallback')).toBe('/fallback')
})
