import type { Command } from '@aldis/core'
import { z } from 'zod'

import type { PortalServices } from '../portal-services.ts'
import { jsonDocument } from './json-document.ts'
import { UserRow } from './result-schemas.ts'

/** `aldis user list` */
export function userList({ actions }: PortalServices): Command {
  return {
    name: 'user list',
    description: 'List the users that are not deleted',
    options: [{ name: 'json', description: 'print one JSON document instead of a table', type: 'boolean' }],
    needs: 'start',
    run: async ({ options }, { stdout, stderr }) => {
      const users = z.array(UserRow).parse(await actions.call('user_list', {}, { trusted: true }))
      if (options['json'] === true) {
        stdout(jsonDocument('user-list', { users }))
        return
      }
      if (users.length > 0) stdout(table(users))
      stderr(`\n${users.length} ${users.length === 1 ? 'user' : 'users'}.\n`)
    },
  }
}

/** Full names are left out: they may have anything in them, and a terminal would obey it. */
function table(users: readonly UserRow[]): string {
  const rows = users.map(({ name, email, state, sysadmin, created }) => [
    name,
    email,
    sysadmin ? 'sysadmin' : 'user',
    state,
    created.slice(0, 10),
  ])
  const lines = [['NAME', 'E-MAIL', 'ROLE', 'STATE', 'CREATED'], ...rows]
  const width = (at: number): number => Math.max(...lines.map((cells) => cells[at]?.length ?? 0))
  return lines
    .map(
      (cells) =>
        `${cells
          .map((cell, at) => cell.padEnd(width(at)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
