/** What every error of the host is: an `Error` with a stable `code`, listed in docs/errors.md. */
export abstract class AldisError extends Error {
  abstract readonly code: string

  override get name(): string {
    return this.constructor.name
  }
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
