import { signals, type Blueprint, type BlueprintRoute, type BlueprintSender, type Host } from '@aldis/core'
import type { FastifyInstance } from 'fastify'

import { fetchHandler } from './fetch-handler.ts'
import { IBlueprint } from './interfaces/iblueprint.ts'
import { registeredTypes, type RegisteredType } from './registered-types.ts'
import { WITH_SESSION } from './session-constraint.ts'
import type { Site } from './site.ts'
import { TypeBlueprint } from './type-blueprint.ts'
import { joinPath } from './join-path.ts'
import { noSuchDatasetPage, typePage, type TypePageData } from './pages/type-page.ts'

/** What making the blueprints needs. */
export interface BlueprintRoutesOptions {
  readonly site: Site
  readonly host: Pick<Host, 'implementations' | 'plugins'>
  readonly receiverTimeoutMs: number
}

/** How the routes are served. */
export interface RouteOptions {
  readonly site: Site
  readonly handlerTimeoutMs: number
}

/** A route of a plugin, with all that serving it takes. */
export interface PluginRoute {
  readonly plugin: string
  readonly blueprint: Blueprint
  readonly route: BlueprintRoute
  readonly url: string
}

/**
 * The routes of plugins: those of the types that they register, then those that they answer with {@link IBlueprint}.
 *
 * @throws TypeNameError or TypeTakenError before any signal is sent
 */
export async function pluginRoutes(options: BlueprintRoutesOptions): Promise<readonly PluginRoute[]> {
  return [...(await routesOfTypes(options)), ...routesOfBlueprints(options)]
}

/**
 * For every type that a plugin registers: make its blueprint with the default routes, send
 * `register_blueprint`, and take what is there then. For a type of dataset that is done twice, for it and for its resources.
 */
async function routesOfTypes(options: BlueprintRoutesOptions): Promise<PluginRoute[]> {
  const types = registeredTypes(options.host)
  const routes: PluginRoute[] = []
  for (const type of types) {
    for (const { sender, blueprint } of blueprintsOf(type, options)) {
      const send = { timeoutMs: options.receiverTimeoutMs }
      // One after the other: a receiver may rely on the resources coming after their datasets.
      await signals.registerBlueprint.sendRobustAsync(sender, { blueprint }, send)
      routes.push(...routesOf(type.plugin, blueprint))
    }
  }
  return routes
}

function routesOfBlueprints({ host }: BlueprintRoutesOptions): PluginRoute[] {
  return host
    .implementations(IBlueprint)
    .flatMap(({ name, plugin }) => plugin.getBlueprints().flatMap((blueprint) => routesOf(name, blueprint)))
}

function routesOf(plugin: string, blueprint: Blueprint): PluginRoute[] {
  return closed(blueprint).map((route) => ({
    plugin,
    blueprint,
    route,
    url: joinPath(blueprint.prefix, route.path),
  }))
}

/** Give `app` the `routes`. */
export async function servePluginRoutes(
  app: FastifyInstance,
  routes: readonly PluginRoute[],
  options: RouteOptions,
): Promise<void> {
  await addRoutes(app, routes, options)
}

/**
 * Give `app`, which has sessions, the `routes` that only read, for requests that come with one: so a plugin can ask
 * who is logged in. One that writes has no form's token to look at, and knows API tokens only.
 */
export async function servePluginRoutesWithSession(
  app: FastifyInstance,
  routes: readonly PluginRoute[],
  options: RouteOptions,
): Promise<void> {
  const reads = routes.filter(({ route }) => route.method === 'GET')
  await addRoutes(app, reads, { ...options, constraints: WITH_SESSION })
}

async function addRoutes(
  app: FastifyInstance,
  routes: readonly PluginRoute[],
  { site, handlerTimeoutMs, constraints }: RouteOptions & { readonly constraints?: typeof WITH_SESSION },
): Promise<void> {
  if (routes.length === 0) return
  await app.register((scope, _options, done) => {
    // Handlers read the body themselves, as a stream.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    for (const { blueprint, route, url } of routes) {
      const handler = fetchHandler(site, blueprint, route, handlerTimeoutMs)
      scope.route({ method: route.method, url, handler, ...(constraints && { constraints }) })
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
