import { execFileSync } from 'node:child_process'
import { setTimeout } from 'node:timers/promises'

import { judge, type Bench } from '../case.ts'
import { makePortalProject, runPortal } from '../running-portal.ts'

const PATHS = ['/', '/dataset', '/about', '/api/3/action/status_show', '/api/3/action/package_search?q=river']

/** How much of the machine's memory the portal has, the embedded database included, once it has answered. */
export const portalMemory: Bench = {
  name: 'portal memory',
  async run({ smoke }) {
    await using project = await makePortalProject()
    // The first run makes the database, which takes memory that later ones do not.
    await (await runPortal(project.folder))[Symbol.asyncDispose]()
    await using portal = await runPortal(project.folder)
    for (let round = 0; round < (smoke ? 1 : 40); round++) {
      for (const path of PATHS) await (await fetch(portal.url + path)).arrayBuffer()
    }
    await setTimeout(smoke ? 0 : 5000)
    return [
      judge({
        name: 'portal memory, resident set of aldis run on PGlite',
        value: residentBytes(portal.pid) / 1e6,
        unit: 'MB',
        bar: '<= 350',
      }),
    ]
  },
}

function residentBytes(pid: number): number {
  const kilobytes = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
  if (!(kilobytes > 0)) throw new Error(`ps knows no process ${pid}.`)
  return kilobytes * 1024
}
