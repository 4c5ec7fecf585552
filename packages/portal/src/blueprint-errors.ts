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
