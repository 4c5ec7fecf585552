import { html, type HtmlValue } from '../html.ts'

const FOLLOWED = ['http:', 'https:', 'ftp:', 'mailto:']

/** A link to `url`, or its text alone where a browser would do something else than follow it. */
export function linkTo(url: string, label: string = url): HtmlValue {
  const known = FOLLOWED.includes(URL.parse(url)?.protocol ?? '')
  return known ? html`<a href="${url}" rel="nofollow noopener">${label}</a>` : label
}

/** `text` that somebody wrote, with its line breaks. */
export function prose(text: string | null | undefined): HtmlValue {
  return (
    text !== null && text !== undefined && text.trim() !== '' && html`<div class="prose">${text.trim()}</div>`
  )
}

/** Rows of a list of facts; those without a value are left out. */
export function facts(rows: readonly (readonly [label: string, value: HtmlValue])[]): HtmlValue {
  const known = rows.filter(
    ([, value]) => value !== undefined && value !== null && value !== '' && value !== false,
  )
  return (
    known.length > 0 &&
    html`<dl class="facts">
      ${known.map(
        ([label, value]) =>
          html`<dt>${label}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`
  )
}
