/**
 * Delivers from a server in a process of its own, as `aldis worker` does, to a receiver that waits as for a short
 * answer from the network. Called with the server's URL; says when it delivers, and ends when its parent lets go.
 */
import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'

import { startBenchOutbox } from './outbox-host.ts'

const ANSWER_MS = 5

await using outbox = await startBenchOutbox({ database: { url: process.argv[2] } })
outbox.receiver = () => setTimeout(ANSWER_MS)
await using _serving = await outbox.serve()
process.send?.('delivers')
await once(process, 'disconnect')
