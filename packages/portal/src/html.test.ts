import { expect, test } from 'vitest'

import { escapeHtml, html, type HtmlValue } from './html.ts'

test('text is escaped, in content and in attributes', () => {
  const text = `<b title="x" id='y'>&</b>`
  expect(html`<p title="${text}">${text}</p>`.markup).toBe(
    '<p title="&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/b&gt;">&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/b&gt;</p>',
  )
})

test('HTML made by the template and lists of it are taken as they are', () => {
  const items = ['a', '<b>'].map((text) => html`<i>${text}</i>`)
  expect(html`<b>${items}</b>`.markup).toBe('<b><i>a</i><i>&lt;b&gt;</i></b>')
  expect(html`${[['<', html`<i>x</i>`], 1]}`.markup).toBe('&lt;<i>x</i>1')
})

test('what is undefined or false shows nothing, and zero shows', () => {
  expect(html`[${undefined}${false}${0}]`.markup).toBe('[0]')
})

test('what only looks like HTML, from JSON say, is not trusted', () => {
  const looksLikeIt: HtmlValue = { markup: '<script>' }
  expect(html`${looksLikeIt}`.markup).toBe('{&quot;markup&quot;:&quot;&lt;script&gt;&quot;}')
})

test('escaping escapes what is escaped already: text means itself', () => {
  expect(escapeHtml('&amp;')).toBe('&amp;amp;')
})
