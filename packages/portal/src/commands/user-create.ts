import type { Command } from '@aldis/core'

import type { PortalServices } from '../portal-services.ts'
import { askedByCommand } from './asked-by-command.ts'
import { jsonDocument } from './json-document.ts'
import { passwordFrom } from './password-from.ts'
import { UserRow } from './result-schemas.ts'

/** `aldis user create` */
export function userCreate({ actions }: PortalServices): Command {
  return {
    name: 'user create',
    description: 'Make a user who can log in',
    arguments: [{ name: 'name', description: 'lower-case letters, digits, - and _' }],
    options: [
      { name: 'email', description: 'the e-mail address', type: 'string', required: true },
      { name: 'password', description: 'asked for in a terminal when left out', type: 'string' },
      { name: 'fullname', description: 'how people know the user', type: 'string' },
      { name: 'sysadmin', description: 'the user may do everything', type: 'boolean' },
      { name: 'json', description: 'print the user as one JSON document', type: 'boolean' },
    ],
    needs: 'start',
    run: async ({ arguments: { name = '' }, options }, context) => {
      const password = await passwordFrom(options['password'], context)
      const make = actions.call(
        'user_create',
        {
          name,
          email: options['email'],
          fullname: options['fullname'],
          password,
          sysadmin: options['sysadmin'] === true,
        },
        { trusted: true },
      )
      const user = UserRow.parse(await askedByCommand(name, make))
      if (options['json'] === true) context.stdout(jsonDocument('user-create', { user }))
      else context.stderr(`Made the ${user.sysadmin ? 'sysadmin' : 'user'} ${user.name}.\n`)
    },
  }
}
