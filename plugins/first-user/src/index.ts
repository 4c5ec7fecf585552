import { once } from 'node:events'

import { SubscriptionMap, type Injected, type IService, type ISignal } from '@aldis/core'
import { em, postUpgrade, type Upgraded } from '@aldis/models'
import { Portal, User } from '@aldis/portal'

import { askForUser } from './ask-for-user.ts'

const HOW =
  'There is no sysadmin. To make one: aldis user create NAME --email ADDRESS --password PASSWORD --sysadmin'

/** Sees to it that somebody may administer the portal: asks for the first sysadmin when the database is upgraded. */
export default class FirstUserPlugin implements ISignal, IService {
  static readonly inject = [Portal] as const

  readonly #portal: Portal
  #tellWhenServing: Upgraded['tell'] | undefined

  constructor(...[portal]: Injected<typeof FirstUserPlugin.inject>) {
    this.#portal = portal
  }

  getSignalSubscriptions(): SubscriptionMap {
    return new SubscriptionMap()
      .on(postUpgrade, this.createFirstUser, { sender: 'command', id: 'create_first_user' })
      .on(postUpgrade, this.tellWhenServing, { sender: 'start', id: 'tell_when_serving' })
  }

  readonly createFirstUser = async (_by: string, { ask, tell }: Upgraded): Promise<void> => {
    if (await hasSysadmin()) return
    const name = ask && (await askForUser(this.#portal, ask, tell))
    tell(name === undefined ? HOW : `${name} is a sysadmin.`)
  }

  /** A host starts for commands too, `aldis user create` among them, and others may make a user while it starts. */
  readonly tellWhenServing = (_by: string, { tell }: Upgraded): void => {
    this.#tellWhenServing = tell
  }

  async serve(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort')
    const tell = this.#tellWhenServing
    this.#tellWhenServing = undefined
    if (tell !== undefined) {
      // By then the portal has made its sample data, and with it a sysadmin, where it is set to.
      await Promise.race([this.#portal.serving, stopped])
      if (!signal.aborted && !(await hasSysadmin())) tell(HOW)
    }
    await stopped
  }
}

async function hasSysadmin(): Promise<boolean> {
  return (await em().count(User, { sysadmin: true, state: 'active' })) > 0
}
