import { signals, type Blueprint, type BlueprintRoute, type BlueprintSender, type Host } from '@aldis/core'
import type { FastifyInstance } from 'fastify'

import { fetchHandler } from './fetch-handler.ts'
import { IBlueprint } from './interfaces/iblueprint.ts'
import { registeredTypes, type RegisteredType } from './registered-types.ts'
import type { RouteOwners } from './route-owners.ts'
import type { Site } from './site.ts'
import { TypeBlueprint } from './type-blueprint.ts'
import { joinPath } from './join-path.ts'
import { noSuchDatasetPage, typePage, type TypePageData } from './pages/type-page.ts'

/** What making the blueprints needs. */
export interface BlueprintRoutesOptions {
  readonly site: Site
  readonly host: Pick<Host, 'implementations' | 'plugins'>
  readonly receiverTimeoutMs: number
  readonly handlerTimeoutMs: number
  readonly owners: RouteOwners
}

/**
 * Give every type that a plugin registers its routes: make its blueprint with
 * the default routes, send `register_blueprint`, and register with `app` what is
 * there then. For a type of dataset that is done twice, for it and for its resources.
 *
 * @throws TypeNameError or TypeTakenError before any signal is sent
 */
export async function serveRegisteredTypes(
  app: FastifyInstance,
  options: BlueprintRoutesOptions,
): Promise<void> {
  const types = registeredTypes(options.host)
  const routed: PluginBlueprint[] = []
  for (const type of types) {
    for (const { sender, blueprint } of blueprintsOf(type, options)) {
      const send = { timeoutMs: options.receiverTimeoutMs }
      // One after the other: a receiver may rely on the resources coming after their datasets.
      await signals.registerBlueprint.sendRobustAsync(sender, { blueprint }, send)
      routed.push({ plugin: type.plugin, blueprint })
    }
  }
  await addRoutes(app, routed, options)
}

/**
 * Give `app` the routes that plugins answer with {@link IBlueprint}. Nothing is sent for these.
 *
 * @throws RouteTakenError when somebody has one of the routes already
 */
export async function serveBlueprints(app: FastifyInstance, options: BlueprintRoutesOptions): Promise<void> {
  const routed = options.host
    .implementations(IBlueprint)
    .flatMap(({ name, plugin }) => plugin.getBlueprints().map((blueprint) => ({ plugin: name, blueprint })))
  await addRoutes(app, routed, options)
}

interface PluginBlueprint {
  readonly plugin: string
  readonly blueprint: Blueprint
}

async function addRoutes(
  app: FastifyInstance,
  routed: readonly PluginBlueprint[],
  { owners, site, handlerTimeoutMs }: BlueprintRoutesOptions,
): Promise<void> {
  if (routed.length === 0) return
  const routes = routed.flatMap(({ plugin, blueprint }) =>
    closed(blueprint).map((route) => ({
      plugin,
      blueprint,
      route,
      url: joinPath(blueprint.prefix, route.path),
    })),
  )
  // Not in the scope: what is thrown there nobody catches.
  for (const { plugin, route, url } of routes) owners.claim(plugin, route.method, url)
  await app.register((scope, _options, done) => {
    // Handlers read the body themselves, as a stream.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    for (const { blueprint, route, url } of routes) {
      const handler = fetchHandler(site, blueprint, route, handlerTimeoutMs)
      scope.route({ method: route.method, url, handler })
    }
    done()
  })
}

/** The routes of `blueprint`; from now on it takes no more, if it is one of ours. */
function closed(blueprint: Blueprint): readonly BlueprintRoute[] {
  return blueprint instanceof TypeBlueprint ? blueprint.close() : blueprint.routes
}

interface SentBlueprint {
  readonly sender: BlueprintSender
  readonly blueprint: TypeBlueprint
}

/** The blueprints of `type` with their default routes, in the order in which they are sent. */
function blueprintsOf(type: RegisteredType, { site, host }: BlueprintRoutesOptions): SentBlueprint[] {
  const { name, kind } = type
  const own = new TypeBlueprint(name, `/${name}`)
  const made: SentBlueprint[] = [{ sender: kind, blueprint: own }]
  const data = (): TypePageData => ({
    site,
    type,
    plugin: host.plugins.find((plugin) => plugin.name === type.plugin),
    blueprints: made.map(({ blueprint }) => blueprint),
  })
  own.addRoute({ method: 'GET', path: '/', handler: () => typePage(data()) })
  if (kind === 'dataset') {
    const resources = new TypeBlueprint(`${name}_resource`, `/${name}/:id/resource`)
    resources.addRoute({
      method: 'GET',
      path: '/',
      handler: (_request, { id }) => noSuchDatasetPage(data(), id ?? ''),
    })
    made.push({ sender: 'resource', blueprint: resources })
  }
  return made
}
