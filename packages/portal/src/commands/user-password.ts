import type { Command } from '@aldis/core'

import type { PortalServices } from '../portal-services.ts'
import { askedByCommand } from './asked-by-command.ts'
import { passwordFrom } from './password-from.ts'

/** `aldis user password` */
export function userPassword({ actions }: PortalServices): Command {
  return {
    name: 'user password',
    description: 'Give a user a new password, and end the sessions of the old one',
    arguments: [{ name: 'name', description: 'the name or the id of the user' }],
    options: [{ name: 'password', description: 'asked for in a terminal when left out', type: 'string' }],
    needs: 'start',
    run: async ({ arguments: { name = '' }, options }, context) => {
      await askedByCommand(name, actions.call('user_show', { id: name }, { trusted: true }))
      const password = await passwordFrom(options['password'], context)
      const change = actions.call('user_patch', { id: name, password }, { trusted: true })
      await askedByCommand(name, change)
      context.stderr(`${name} has a new password.\n`)
    },
  }
}
