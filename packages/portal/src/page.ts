import { html, type Html } from './html.ts'
import { assets } from './assets.ts'
import type { Site } from './site.ts'

/** What makes one page. */
export interface Page {
  /** The page's own title; left out on the home page. */
  readonly title?: string
  readonly body: Html
}

/** The whole document of `page`, in the site's frame. */
export function renderPage(site: Site, page: Page): string {
  const { locale } = site
  const title = page.title === undefined ? site.title : `${page.title} · ${site.title}`
  const document = html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
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
            <nav aria-label="Site"><a href="/api/3/action/status_show">Status as JSON</a></nav>
          </div>
        </header>
        <main id="main" class="column" tabindex="-1">${page.body}</main>
        <footer class="column"><p>Served by Aldis, a plugin host whose plugins talk in signals.</p></footer>
      </body>
    </html> `
  return document.markup
}
