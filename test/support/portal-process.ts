/**
 * A portal in a process of its own, for tests of what a crash leaves. Called with the settings of `models` and `portal` as JSON.
 *
 * Prints a line of JSON with its address, and one whenever it is in the middle of storing a resource that is called
 * `hang`, which it never finishes.
 */
import { createHost, silentLogger } from '@aldis/core'
import ModelsPlugin from '@aldis/models'
import PortalPlugin, { ResourceController, type ActionContext, type ResourceDict } from '@aldis/portal'
import { z } from 'zod'

import { portalCaller } from './portal-caller.ts'

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}

class HangingPlugin extends ResourceController {
  override async beforeResourceCreate(_context: ActionContext, { name }: ResourceDict): Promise<void> {
    if (name !== 'hang') return
    tell({ hangs: true })
    await new Promise(() => undefined)
  }
}

const Settings = z.object({
  models: z.looseObject({}),
  portal: z.looseObject({}),
  user: z.string().optional(),
})
const { user, ...settings } = Settings.parse(JSON.parse(process.argv[2] ?? '{}'))
const caller = portalCaller()
const host = await createHost({
  config: { plugins: ['models', 'portal', 'hanging', 'portal_caller'], settings },
  plugins: [
    { name: 'models', plugin: ModelsPlugin },
    { name: 'portal', plugin: PortalPlugin },
    { name: 'hanging', plugin: HangingPlugin },
    caller.definition,
  ],
  logger: silentLogger,
})
await host.load()
await host.start()
const token = user === undefined ? '' : await caller.userWithToken({ name: user })
const stopped = new AbortController()
process.stdin.resume().once('end', () => stopped.abort())
await host.serve(stopped.signal, { onReady: ([url]) => tell({ url, token }) })
await host.stop()
