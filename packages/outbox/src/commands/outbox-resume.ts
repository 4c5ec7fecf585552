import type { Command } from '@aldis/core'

import type { Outbox } from '../outbox.ts'
import { jsonDocument, jsonOption } from './json-document.ts'
import { receiverName, receiverOf, refuseUnknown } from './receiver-option.ts'
import { counted } from './wording.ts'

/** `aldis outbox resume` */
export function outboxResume(outbox: () => Outbox): Command {
  return {
    name: 'outbox resume',
    description: 'Let quarantined receivers go on, and print which',
    arguments: [
      {
        name: 'receiver',
        description: 'only those of a plugin, or plugin:subscription',
        required: false,
      },
    ],
    options: [jsonOption],
    needs: 'start',
    async run({ arguments: { receiver }, options }, { stdout, stderr }) {
      const receivers = await outbox().resume(receiver === undefined ? {} : receiverOf(receiver))
      if (receivers.length === 0) await refuseUnknown(outbox(), receiver)
      if (options['json'] === true) {
        stdout(jsonDocument('outbox-resume', { receivers }))
        return
      }
      for (const each of receivers) stdout(`${receiverName(each)}\n`)
      stderr(
        receivers.length === 0
          ? 'None of them was quarantined.\n'
          : `${counted(receivers.length, 'receiver')} resumed.\n`,
      )
    },
  }
}
