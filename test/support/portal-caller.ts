/** Calls of the action API: over HTTP as a client, and inside as a plugin does. */
import type { Injected, PluginDefinition } from '@aldis/core'
import { Portal, type Caller } from '@aldis/portal'

export interface ApiAnswer {
  readonly status: number
  readonly success: unknown
  readonly result: unknown
  readonly error: unknown
}

/** Call `action` of the portal at `url` by POST, with an API token or without. */
export async function callApi(
  url: string,
  action: string,
  parameters: object = {},
  token?: string,
): Promise<ApiAnswer> {
  const response = await fetch(`${url}/api/action/${action}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token !== undefined && { authorization: token }) },
    body: JSON.stringify(parameters),
  })
  const body: unknown = await response.json()
  return {
    status: response.status,
    success: fieldOf(body, 'success'),
    result: fieldOf(body, 'result'),
    error: fieldOf(body, 'error'),
  }
}

/** What `value` has under `name`; undefined when it is no object. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** A plugin that calls actions from inside the portal. */
export interface PortalCaller {
  readonly definition: PluginDefinition
  call(action: string, parameters?: Record<string, unknown>, caller?: Caller): Promise<unknown>
  /** Make a user as the portal itself, and return an API token of it. */
  userWithToken(user: { name: string; sysadmin?: boolean; state?: string }): Promise<string>
}

export function portalCaller(): PortalCaller {
  let portal: Portal | undefined
  class CallerPlugin {
    static readonly inject = [Portal] as const
    constructor(...[given]: Injected<typeof CallerPlugin.inject>) {
      portal = given
    }
  }
  const call: PortalCaller['call'] = async (action, parameters = {}, caller = { trusted: true }) => {
    if (portal === undefined) throw new Error('The portal is not loaded.')
    return portal.call(action, parameters, caller)
  }
  return {
    definition: { name: 'portal_caller', plugin: CallerPlugin, requires: { portal: '*' } },
    call,
    async userWithToken(user) {
      const { name } = user
      const made = await call('user_create', {
        email: `${name}@example.org`,
        password: `${name}-password`,
        with_apitoken: true,
        ...user,
      })
      return String(fieldOf(made, 'token'))
    },
  }
}
