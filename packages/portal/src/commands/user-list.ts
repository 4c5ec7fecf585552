import { textTable, type Command, type TextColumn, type TextRow } from '@aldis/core'
import { z } from 'zod'

import type { PortalServices } from '../portal-services.ts'
import { jsonDocument } from './json-document.ts'
import { UserRow } from './result-schemas.ts'

const COLUMNS: readonly TextColumn[] = [
  { header: 'NAME' },
  { header: 'E-MAIL', flexible: true },
  { header: 'ROLE' },
  { header: 'STATE' },
  { header: 'CREATED' },
]

/** `aldis user list` */
export function userList({ actions }: PortalServices): Command {
  return {
    name: 'user list',
    description: 'List the users that are not deleted',
    options: [{ name: 'json', description: 'print one JSON document instead of a table', type: 'boolean' }],
    needs: 'start',
    run: async ({ options }, { stdout, stderr, isTTY, columns }) => {
      const users = z.array(UserRow).parse(await actions.call('user_list', {}, { trusted: true }))
      if (options['json'] === true) {
        stdout(jsonDocument('user-list', { users }))
        return
      }
      if (users.length > 0) stdout(textTable(COLUMNS, users.map(rowOf), isTTY ? columns : undefined))
      stderr(`\n${users.length} ${users.length === 1 ? 'user' : 'users'}.\n`)
    },
  }
}

function rowOf({ name, email, state, sysadmin, created }: UserRow): TextRow {
  return { cells: [name, email, sysadmin ? 'sysadmin' : 'user', state, created.slice(0, 10)] }
}
