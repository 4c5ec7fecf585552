import { AldisError } from '@aldis/core'

/** A plugin registers a type under a name that cannot be one. It is refused before it touches a path. */
export class TypeNameError extends AldisError {
  readonly code = 'TYPE_NAME_INVALID'
  readonly plugin: string
  readonly type: string

  constructor(plugin: string, method: string, type: unknown) {
    const shown = JSON.stringify(typeof type === 'string' ? type.slice(0, 80) : type) ?? typeof type
    super(
      `The plugin "${plugin}" returned ${shown} from ${method}(), which cannot be a type's name. ` +
        `Return an array of lower-case words joined by underscores or dashes, such as ["fancy_type"].`,
    )
    this.plugin = plugin
    this.type = String(type)
  }
}

/** A type is registered twice, or its path belongs to the portal. */
export class TypeTakenError extends AldisError {
  readonly code = 'TYPE_TAKEN'
  readonly type: string
  /** Who has it: a plugin, or the portal. */
  readonly owner: string
  readonly plugin: string

  constructor(type: string, owner: string, plugin: string) {
    super(
      `The type "${type}" of the plugin "${plugin}" is ${owner === plugin ? `registered twice by it` : `taken by "${owner}"`}. ` +
        `Rename the type in one of them, or disable one.`,
    )
    this.type = type
    this.owner = owner
    this.plugin = plugin
  }
}

/** A plugin's blueprint has a route that the portal or another plugin has. */
export class RouteTakenError extends AldisError {
  readonly code = 'ROUTE_TAKEN'
  readonly route: string
  /** Who has it: a plugin, or the portal. */
  readonly owner: string
  readonly plugin: string

  constructor(route: string, owner: string, plugin: string) {
    super(
      `The route ${route} of the plugin "${plugin}" is taken by "${owner}". ` +
        `Give the plugin's blueprint another prefix, or disable one of them.`,
    )
    this.route = route
    this.owner = owner
    this.plugin = plugin
  }
}

/** A route that a blueprint cannot have. */
export class BlueprintRouteError extends AldisError {
  readonly code = 'BLUEPRINT_ROUTE_INVALID'
  readonly blueprint: string

  constructor(blueprint: string, route: string, reason: string) {
    super(`The blueprint "${blueprint}" cannot have the route ${route}: ${reason}`)
    this.blueprint = blueprint
  }
}

/** A route of a blueprint was answered with something that is no `Response`, or one that was read already. */
export class BlueprintResponseError extends AldisError {
  readonly code = 'BLUEPRINT_RESPONSE_INVALID'
  readonly blueprint: string

  constructor(blueprint: string, route: string, answer: string) {
    super(
      `The route ${route} of the blueprint "${blueprint}" answered with ${answer}. ` +
        `Return a Response that nobody has read, such as Response.json({}).`,
    )
    this.blueprint = blueprint
  }
}

/** A plugin's route did not answer in time. */
export class HandlerTimeoutError extends AldisError {
  readonly code = 'HANDLER_TIMEOUT'
  readonly statusCode = 503
  readonly blueprint: string

  constructor(blueprint: string, timeoutMs: number) {
    super(
      `A route of the blueprint "${blueprint}" did not answer within ${timeoutMs} ms. Make it faster, or raise ` +
        'settings.portal.handlerTimeoutMs.',
    )
    this.blueprint = blueprint
  }
}
