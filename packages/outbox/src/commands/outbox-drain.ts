import type { Command } from '@aldis/core'

import type { Outbox } from '../outbox.ts'
import { jsonDocument, jsonOption } from './json-document.ts'
import { counted } from './wording.ts'

/** `aldis outbox drain` */
export function outboxDrain(outbox: () => Outbox): Command {
  return {
    name: 'outbox drain',
    description: 'Deliver what is due, and return when nothing is',
    options: [jsonOption],
    needs: 'start',
    async run({ options }, { stdout, stderr, signal }) {
      const waiting = await outbox().drain({ signal })
      if (options['json'] === true) {
        stdout(jsonDocument('outbox-drain', { waiting }))
        return
      }
      const rest = `${counted(waiting, 'job')} ${waiting === 1 ? 'waits' : 'wait'} all the same, for a later attempt, a plugin or a resume.`
      stderr(waiting === 0 ? 'Nothing waits.\n' : `${rest} "aldis outbox stats" tells whose.\n`)
    },
  }
}
