import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
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

/** What Linux says itself: not every machine that has it has `ps`. */
function residentBytes(pid: number): number {
  const kilobytes =
    process.platform === 'linux'
      ? /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })
  if (!(Number(kilobytes) > 0)) throw new Error(`Nothing says how much memory the process ${pid} has.`)
  return Number(kilobytes) * 1024
}
