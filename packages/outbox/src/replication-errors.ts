import { AldisError } from '@aldis/core'

/** A scope cannot be defined as it was. */
export class ScopeInvalidError extends AldisError {
  readonly code = 'SCOPE_INVALID'
  readonly scope: string

  constructor(scope: string, problem: string) {
    super(`The outbox scope "${scope}" cannot be defined: ${problem}`)
    this.scope = scope
  }
}

/** A category cannot be defined as it was. */
export class CategoryInvalidError extends AldisError {
  readonly code = 'CATEGORY_INVALID'
  readonly category: string

  constructor(category: string, problem: string) {
    super(`The outbox category "${category}" cannot be defined: ${problem}`)
    this.category = category
  }
}

/** A message was to be saved for a category in a scope that the category does not belong to. Nothing was stored. */
export class CategoryOutsideScopeError extends AldisError {
  readonly code = 'CATEGORY_OUTSIDE_SCOPE'
  readonly category: string
  readonly scope: string

  constructor(category: string, scope: string, own: string | undefined) {
    const right =
      own === undefined
        ? 'Nobody has defined that category: use what defineCategory(…) returned.'
        : `That category belongs to the scope "${own}": give that, and the identifier of a shard of it.`
    super(`A message of the outbox category "${category}" was to be saved in the scope "${scope}". ${right}`)
    this.category = category
    this.scope = scope
  }
}

/** An entity cannot be replicated as it was declared. */
export class ReplicationInvalidError extends AldisError {
  readonly code = 'REPLICATION_INVALID'
  readonly entity: string

  constructor(entity: string, problem: string) {
    super(`The entity "${entity}" cannot be replicated: ${problem}`)
    this.entity = entity
  }
}

/** A row of a replicated entity does not tell its shard. The transaction is undone. */
export class ShardUnknownError extends AldisError {
  readonly code = 'SHARD_UNKNOWN'
  readonly entity: string

  constructor(entity: string, id: string | number, scope: string, property: string) {
    super(
      `The row ${entity} ${id} is replicated in the scope "${scope}", and its "${property}" is neither a key nor a row: ` +
        'it belongs to no shard. Set it, or say the shard with "shard" where the entity is declared as replicated.',
    )
    this.entity = entity
  }
}
