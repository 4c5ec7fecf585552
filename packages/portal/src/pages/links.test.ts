import { expect, test } from 'vitest'

import { html } from '../html.ts'
import { linkTo } from './links.ts'

test('what a browser follows is a link', () => {
  for (const url of [
    'https://example.org/?a=1&b=2',
    'HTTP://example.org',
    'ftp://example.org/x',
    'mailto:a@example.org',
  ]) {
    expect(html`${linkTo(url)}`.markup).toMatch(/^<a href="[^"]+"/)
  }
})

test.each([
  'javascript:alert(1)',
  ' JAVASCRIPT:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  '/local',
  'words',
  '',
])('anything else, such as %j, is its text alone', (url) => {
  expect(html`${linkTo(url)}`.markup).toBe(url)
})
