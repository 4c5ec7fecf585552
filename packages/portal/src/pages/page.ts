import { assets } from '../assets.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import type { Site } from '../site.ts'

/** What makes one page. */
export interface Page {
  /** The page's own title; left out on the home page. */
  readonly title?: string
  readonly body: Html
  /** @defaultValue `200` */
  readonly status?: number
  /** Load the page anew after so many seconds. */
  readonly refreshSeconds?: number
}

/** What stands around a page for the one who asked for it. */
export interface Frame {
  readonly site: Site
  /** The items of the navigation: `li` elements. */
  readonly navigation: HtmlValue
  /** What the visitor may do as somebody: log in, or log out. */
  readonly account: HtmlValue
  /** What to tell the visitor once. */
  readonly messages: readonly string[]
}

/** The whole document of `page` in its frame. */
export function renderPage({ site, navigation, account, messages }: Frame, page: Page): string {
  const { locale } = site
  const title = page.title === undefined ? site.title : `${page.title} · ${site.title}`
  const document = html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${page.refreshSeconds !== undefined && html`<meta http-equiv="refresh" content="${page.refreshSeconds}" />`}
        <title>${title}</title>
        ${site.description !== '' && html`<meta name="description" content="${site.description}" />`}
        <link rel="icon" type="${assets.icon.type}" href="${assets.icon.path}" />
        <link rel="stylesheet" href="${assets.styleSheet.path}" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="banner">
          <div class="column">
            <a class="brand" href="/"
              ><img src="${assets.icon.path}" alt="" width="28" height="28" />${site.title}</a
            >
            <nav aria-label="Site">
              <ul>
                ${navigation}
              </ul>
            </nav>
            <nav aria-label="Account">
              <ul>
                ${account}
              </ul>
            </nav>
          </div>
        </header>
        <main id="main" class="column" tabindex="-1">${messages.map(message)}${page.body}</main>
        <footer class="column">
          <p>
            Served by Aldis, a plugin host whose plugins talk in signals.
            <a href="/api/3/action/status_show">Status as JSON</a>
          </p>
        </footer>
      </body>
    </html> `
  return document.markup
}

function message(text: string): Html {
  return html`<p class="message" role="status">${text}</p>`
}
