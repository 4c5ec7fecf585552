import type { Command } from '@aldis/core'

import type { PortalServices } from '../portal-services.ts'
import { askedByCommand } from './asked-by-command.ts'

/** `aldis user sysadmin` */
export function userSysadmin({ actions }: PortalServices): Command {
  return {
    name: 'user sysadmin',
    description: 'Make a user a sysadmin, who may do everything',
    arguments: [{ name: 'name', description: 'the name or the id of the user' }],
    options: [{ name: 'remove', description: 'make it an ordinary user again', type: 'boolean' }],
    needs: 'start',
    run: async ({ arguments: { name = '' }, options }, { stderr }) => {
      const sysadmin = options['remove'] !== true
      await askedByCommand(name, actions.call('user_patch', { id: name, sysadmin }, { trusted: true }))
      stderr(`${name} is ${sysadmin ? 'a sysadmin' : 'an ordinary user'} now.\n`)
    },
  }
}
