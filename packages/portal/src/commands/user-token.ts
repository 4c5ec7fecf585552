import type { Command } from '@aldis/core'

import type { PortalServices } from '../portal-services.ts'
import { askedByCommand } from './asked-by-command.ts'
import { NewToken } from './result-schemas.ts'

/** `aldis user token` */
export function userToken({ actions }: PortalServices): Command {
  return {
    name: 'user token',
    description: 'Make an API token for a user and print it, this once',
    arguments: [{ name: 'user', description: 'the name or the id of the user' }],
    options: [
      { name: 'name', description: 'what the token is called in listings', type: 'string', default: 'cli' },
      { name: 'json', description: 'print { token, id } as JSON', type: 'boolean' },
    ],
    needs: 'start',
    run: async ({ arguments: { user = '' }, options }, { stdout }) => {
      const parameters = { user, name: options['name'] }
      const { token, id } = NewToken.parse(
        await askedByCommand(user, actions.call('api_token_create', parameters, { trusted: true })),
      )
      stdout(options['json'] === true ? `${JSON.stringify({ token, id }, null, 2)}\n` : `${token}\n`)
    },
  }
}
