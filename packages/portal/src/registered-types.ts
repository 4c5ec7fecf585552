import type { Host, Interface } from '@aldis/core'

import { TypeNameError, TypeTakenError } from './blueprint-errors.ts'
import { IDatasetForm } from './interfaces/idataset-form.ts'
import { IGroupForm } from './interfaces/igroup-form.ts'

const GRAMMAR = /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/
const MAX_LENGTH = 64

/** First parts of paths that are the portal's own. */
const RESERVED = ['about', 'admin', 'api', 'assets', 'dashboard', 'healthz', 'readyz', 'user']

/** The types that the portal has of itself: registering one changes it and needs no routes. */
const CORE_TYPES = ['dataset', 'group', 'organization']

/** A type that a plugin registers. */
export interface RegisteredType {
  readonly name: string
  readonly kind: 'dataset' | 'group' | 'organization'
  readonly plugin: string
}

/** Where plugins are asked: a {@link Host} is one. */
export interface FormSource {
  implementations: Host['implementations']
}

/**
 * Every type that plugins register, datasets first, without the portal's own.
 *
 * @throws TypeNameError when a name cannot be a type's
 * @throws TypeTakenError when two plugins register one type
 */
export function registeredTypes(source: FormSource): RegisteredType[] {
  const owners = new Map<string, string>(RESERVED.map((name) => [name, 'portal']))
  const types = [
    ...typesOf(source, IDatasetForm, (form) => ({ names: form.packageTypes(), kind: 'dataset' })),
    ...typesOf(source, IGroupForm, (form) => ({
      names: form.groupTypes(),
      kind: form.isOrganization() ? 'organization' : 'group',
    })),
  ]
  for (const { name, plugin } of types) {
    const owner = owners.get(name)
    if (owner !== undefined) throw new TypeTakenError(name, owner, plugin)
    owners.set(name, plugin)
  }
  return types.filter(({ name }) => !CORE_TYPES.includes(name))
}

function typesOf<T>(
  source: FormSource,
  form: Interface<T>,
  read: (plugin: T) => { readonly names: unknown; readonly kind: RegisteredType['kind'] },
): RegisteredType[] {
  const method = form.methods[0] ?? ''
  return source.implementations(form).flatMap(({ name: plugin, plugin: instance }) => {
    const { names, kind } = read(instance)
    if (!Array.isArray(names)) throw new TypeNameError(plugin, method, names)
    return names.map((name: unknown) => {
      if (!isTypeName(name)) throw new TypeNameError(plugin, method, name)
      return { name, kind, plugin }
    })
  })
}

function isTypeName(name: unknown): name is string {
  return typeof name === 'string' && name.length <= MAX_LENGTH && GRAMMAR.test(name)
}
