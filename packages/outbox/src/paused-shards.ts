import { z } from 'zod'

import type { QueueOwner } from './queue-name.ts'

/** Shards by receiver, as the setting has them: `{ 'billing:invoice': ['org-7'] }`. */
export const PausedShardsSetting = z.record(
  z.string().regex(/^[^:]+:.+$/, 'write plugin:subscription'),
  z.array(z.union([z.string(), z.number()]).transform(String)),
)

/** The shards whose jobs wait, because the settings say so. */
export class PausedShards {
  readonly #byReceiver: ReadonlyMap<string, ReadonlySet<string>>

  constructor(setting: z.output<typeof PausedShardsSetting>) {
    this.#byReceiver = new Map(Object.entries(setting).map(([name, shards]) => [name, new Set(shards)]))
  }

  has({ plugin, subscription }: QueueOwner, shard: string): boolean {
    return this.#byReceiver.get(`${plugin}:${subscription}`)?.has(shard) === true
  }
}
