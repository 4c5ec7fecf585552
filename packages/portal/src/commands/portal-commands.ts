import type { Command } from '@aldis/core'

import type { PortalServices } from '../portal-services.ts'
import { generateFakeData } from './generate-fake-data.ts'
import { userCreate } from './user-create.ts'
import { userList } from './user-list.ts'
import { userPassword } from './user-password.ts'
import { userSysadmin } from './user-sysadmin.ts'
import { userToken } from './user-token.ts'

/** The commands of the portal. They call its actions, so that signals are sent as for the API. */
export function portalCommands(services: PortalServices): readonly Command[] {
  return [
    userCreate(services),
    userList(services),
    userPassword(services),
    userSysadmin(services),
    userToken(services),
    generateFakeData(services),
  ]
}
