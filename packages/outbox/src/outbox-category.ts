import { isScope, NAME, type Scope } from './outbox-scope.ts'
import { CategoryInvalidError, CategoryOutsideScopeError } from './replication-errors.ts'

/** What messages are about, such as `organization_update`. It belongs to one scope. Made by {@link defineCategory}. */
export interface Category<N extends string = string> {
  /** The sender of the messages' signals. */
  readonly name: string
  readonly scope: Scope<N>
}

const categories = new Map<string, Category>()
const names: string[] = []

/** The names of the categories that have been defined by now: it grows with every one. */
export const categoryNames: readonly string[] = names

/**
 * Define the category `name`, which belongs to `scope` and to no other. The same definition again is
 * allowed: a module may be loaded twice.
 *
 * @throws CategoryInvalidError when the name is no name, the scope is none, or the category belongs to another scope
 *
 * @example
 * ```ts
 * import { defineCategory, defineScope, type Category } from '@aldis/outbox'
 *
 * const organizationScope = defineScope('organization', { property: 'organizationId' })
 *
 * export const memberUpdate: Category<'organization'> = defineCategory('member_update', { scope: organizationScope })
 * ```
 */
export function defineCategory<N extends string>(
  name: string,
  { scope }: { readonly scope: Scope<N> },
): Category<N> {
  if (!NAME.test(name))
    throw new CategoryInvalidError(name, 'a name is lower-case words joined by underscores.')
  if (!isScope(scope?.name)) {
    throw new CategoryInvalidError(name, 'its scope is not what defineScope(…) returned. Each has one.')
  }
  const known = categories.get(name)
  if (known !== undefined && known.scope.name !== scope.name) {
    throw new CategoryInvalidError(
      name,
      `it belongs to the scope "${known.scope.name}" already, and cannot belong to "${scope.name}" too. Define another.`,
    )
  }
  if (known === undefined) names.push(name)
  const category = Object.freeze({ name, scope })
  categories.set(name, category)
  return category
}

/** @throws CategoryOutsideScopeError when `category` does not belong to `scope` */
export function refuseOutside(category: Category, scope: Scope): void {
  const own = categories.get(category.name)?.scope.name
  if (own !== scope.name) throw new CategoryOutsideScopeError(category.name, scope.name, own)
}
