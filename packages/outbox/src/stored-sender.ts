import { isModel, modelNamed } from '@aldis/models'
import { z } from 'zod'

/** A sender as it is stored: an entity by its name. */
export const StoredSender = z.union([z.string(), z.number(), z.strictObject({ model: z.string() })])
export type StoredSender = z.output<typeof StoredSender>

/** `sender` as it is stored; undefined when it cannot be. */
export function storedSender(sender: unknown): StoredSender | undefined {
  if (typeof sender === 'string') return sender
  if (typeof sender === 'number') return Number.isFinite(sender) ? sender : undefined
  return isModel(sender) ? { model: sender.name } : undefined
}

/** The sender that `stored` stands for; undefined when no loaded plugin has that entity. */
export function senderOf(stored: StoredSender): unknown {
  return typeof stored === 'object' ? modelNamed(stored.model) : stored
}
