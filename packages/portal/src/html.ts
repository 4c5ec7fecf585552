/** Text that is HTML already. Only {@link html} makes it, so nothing else gets into a page without being escaped. */
export interface Html {
  readonly markup: string
}

class Markup implements Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

/** What may stand in a template: text and numbers are escaped, HTML and lists of it are not, nothing shows nothing. */
export type HtmlValue = string | number | Html | readonly HtmlValue[] | null | undefined | false

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** `text` so that it means itself in HTML, between tags and in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/**
 * HTML from a template. Every value in it is escaped unless this function made
 * it; attributes must be quoted, and no value belongs in a script, a style or an event handler.
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Markup(strings.reduce((text, part, index) => text + render(values[index - 1]) + part))
}

function render(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Markup) return value.markup
  if (isList(value)) return value.map(render).join('')
  // An object that merely looks like HTML, from parsed JSON say, is shown and not trusted.
  return escapeHtml(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

function isList(value: HtmlValue): value is readonly HtmlValue[] {
  return Array.isArray(value)
}
