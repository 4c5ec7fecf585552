import { html } from '../html.ts'
import type { Pages } from './pages.ts'

/** What the site is. */
export function aboutPages(pages: Pages): void {
  pages.show('/about', ({ services: { site } }) => ({
    title: 'About',
    body: html`<h1>About ${site.title}</h1>
      ${site.description !== '' && html`<p class="lead">${site.description}</p>`}
      <p>
        This is a data portal: organizations publish datasets here, and each dataset has resources, which are
        files to download or links. Everything on these pages is also there for programs, through the
        <a href="/api/3/action/status_show">action API</a>.
      </p>`,
  }))
}
