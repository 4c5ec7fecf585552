import type { Blueprint, BlueprintRoute, PluginInfo } from '@aldis/core'

import { html, type Html } from '../html.ts'
import { joinPath } from '../join-path.ts'
import { plainFrame } from './frame.ts'
import { renderPage } from './page.ts'
import type { RegisteredType } from '../registered-types.ts'
import { PAGE_HEADERS } from '../security-headers.ts'
import type { Site } from '../site.ts'

/** What the pages of a type show. */
export interface TypePageData {
  readonly site: Site
  readonly type: RegisteredType
  /** The plugin that registers the type. */
  readonly plugin: PluginInfo | undefined
  /** Everything that answers for the type. */
  readonly blueprints: readonly Blueprint[]
}

/** The page of a type: what it is, who registers it, and which routes answer for it. */
export function typePage({ site, type, plugin, blueprints }: TypePageData): Response {
  const { name, kind } = type
  const routes = blueprints.flatMap((blueprint) => blueprint.routes.map((route) => ({ blueprint, route })))
  const body = html`<h1>${name}</h1>
    <p class="lead">
      A type of ${kind}, registered by the plugin
      <a href="/admin/plugins#plugin-${type.plugin}">${type.plugin}</a>${
        plugin !== undefined && html` ${plugin.version}`
      }.
    </p>
    ${plugin?.description !== undefined && html`<p>${plugin.description}</p>`}
    <section aria-labelledby="routes">
      <h2 id="routes">Routes</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Path</th>
            <th scope="col">Method</th>
          </tr>
        </thead>
        <tbody>
          ${routes.map(({ blueprint, route }) => routeRow(blueprint, route))}
        </tbody>
      </table>
    </section>`
  return new Response(renderPage(plainFrame(site), { title: name, body }), { headers: PAGE_HEADERS })
}

/** The page of a dataset of this type that is not there. */
export function noSuchDatasetPage({ site, type }: TypePageData, id: string): Response {
  const body = html`<h1>Not found</h1>
    <p class="lead">No ${type.name} is called “${id}”.</p>
    <p><a href="/${type.name}">About the type ${type.name}</a></p>`
  return new Response(renderPage(plainFrame(site), { title: 'Not found', body }), {
    status: 404,
    headers: PAGE_HEADERS,
  })
}

function routeRow({ prefix }: Blueprint, { method, path }: BlueprintRoute): Html {
  return html`<tr>
    <th scope="row"><code>${joinPath(prefix, path)}</code></th>
    <td>${method}</td>
  </tr> `
}
