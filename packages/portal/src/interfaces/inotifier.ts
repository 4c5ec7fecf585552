import { defineInterface, type Interface, type User } from '@aldis/core'

/** What is told to one person. */
export interface Notification {
  readonly name: string
  readonly email: string
  readonly subject: string
  readonly text: string
  readonly html?: string
}

/**
 * Implemented by plugins that tell people things by other ways than mail. They are asked in the order of the
 * configuration; what the last one returns decides whether the portal sends a mail as well: it does unless that is true.
 */
export interface INotifier {
  /** Tell one person. `already` says whether a plugin before has done it. Return whether it is done. */
  notifyRecipient(already: boolean, notification: Notification): boolean | Promise<boolean>
  /** Something happened to `user` that has a mail of its own, such as `request_password_reset`. Return whether it is done. */
  notifyAboutTopic(
    already: boolean,
    topic: string,
    details: { readonly user: User },
  ): boolean | Promise<boolean>
}

export const INotifier: Interface<INotifier> = defineInterface<INotifier>('portal:INotifier', [
  'notifyRecipient',
  'notifyAboutTopic',
])
