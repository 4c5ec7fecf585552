/** What a `register_blueprint` is about: a type of dataset, of its resources, of group, or of organization. */
export type BlueprintSender = 'dataset' | 'resource' | 'group' | 'organization'

/** Answers requests for one route of a blueprint, in the Fetch API's terms. */
export type BlueprintHandler = (
  request: Request,
  params: Readonly<Record<string, string>>,
) => Response | Promise<Response>

/** One route of a blueprint. */
export interface BlueprintRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below the blueprint's prefix, starting with "/"; `:name` is a parameter. */
  readonly path: string
  readonly handler: BlueprintHandler
}

/** The routes of one registered type, before the server has them. */
export interface Blueprint {
  /** The type's name, such as `fancy_type`. */
  readonly name: string
  /** What its paths start with, such as `/fancy_type`. */
  readonly prefix: string
  /** The routes so far. */
  readonly routes: readonly BlueprintRoute[]
  /** Add a route. A second one for the same method and path is refused, and names the blueprint. */
  addRoute(route: BlueprintRoute): void
}
