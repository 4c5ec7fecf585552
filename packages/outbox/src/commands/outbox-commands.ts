import type { Command } from '@aldis/core'

import type { Outbox } from '../outbox.ts'
import { outboxDiscard, outboxRetry } from './outbox-change.ts'
import { outboxDrain } from './outbox-drain.ts'
import { outboxList } from './outbox-list.ts'
import { outboxResume } from './outbox-resume.ts'
import { outboxShards } from './outbox-shards.ts'
import { outboxShow } from './outbox-show.ts'
import { outboxStats } from './outbox-stats.ts'

/** The commands for who operates the outbox that `outbox` gives once the host has started. */
export function outboxCommands(outbox: () => Outbox): readonly Command[] {
  return [
    outboxStats(outbox),
    outboxShards(outbox),
    outboxList(outbox),
    outboxShow(outbox),
    outboxRetry(outbox),
    outboxDiscard(outbox),
    outboxDrain(outbox),
    outboxResume(outbox),
  ]
}
