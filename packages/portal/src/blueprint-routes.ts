import { signals, type BlueprintSender, type Host, type Logger } from '@aldis/core'
import type { FastifyInstance } from 'fastify'

import { fetchHandler } from './fetch-handler.ts'
import { registeredTypes, type RegisteredType } from './registered-types.ts'
import type { Site } from './site.ts'
import { TypeBlueprint } from './type-blueprint.ts'
import { joinPath, noSuchDatasetPage, typePage, type TypePageData } from './type-page.ts'

/** What making the blueprints needs. */
export interface BlueprintRoutesOptions {
  readonly site: Site
  readonly host: Pick<Host, 'implementations' | 'plugins'>
  readonly logger: Logger
  readonly receiverTimeoutMs: number
  readonly handlerTimeoutMs: number
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
  if (types.length === 0) return
  const routed: TypeBlueprint[] = []
  for (const type of types) {
    for (const { sender, blueprint } of blueprintsOf(type, options)) {
      const send = { timeoutMs: options.receiverTimeoutMs }
      // One after the other: a receiver may rely on the resources coming after their datasets.
      await signals.registerBlueprint.sendRobustAsync(sender, { blueprint }, send)
      routed.push(blueprint)
    }
  }
  await app.register((scope, _options, done) => {
    // Handlers read the body themselves, as a stream.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    for (const blueprint of routed) {
      for (const route of blueprint.close()) {
        scope.route({
          method: route.method,
          url: joinPath(blueprint.prefix, route.path),
          handlerTimeout: options.handlerTimeoutMs,
          handler: fetchHandler(options.site, blueprint, route),
        })
      }
    }
    done()
  })
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
