import { judge, type Bench } from '../case.ts'
import { takeTurns } from '../race.ts'
import { makePortalProject, runPortal, runServer } from '../running-portal.ts'
import { root } from '../../support/repository.ts'

/** Fastify with nothing in it, which finds what Node has compiled before, as `aldis` does. */
const EMPTY_SERVER = `
import { enableCompileCache } from 'node:module'
enableCompileCache()
const { default: Fastify } = await import('fastify')
console.log(await Fastify().listen({ port: 0, host: '127.0.0.1' }))
`

/** What somebody waits for who starts the portal on a database that is there, beside a server that does nothing. */
export const start: Bench = {
  name: 'start',
  async run({ smoke }) {
    await using project = await makePortalProject()
    const runners = [
      { name: 'portal', sample: async () => startTime(await runPortal(project.folder)) },
      {
        name: 'fastify',
        sample: async () =>
          startTime(await runServer(['--input-type=module', '-e', EMPTY_SERVER], `${root}/test`)),
      },
    ]
    // The first run makes the database, and both fill the compile cache.
    await takeTurns(runners, 1)
    const result = await takeTurns(runners, smoke ? 1 : 10)
    const [value, baseline] = [result.median('portal'), result.median('fastify')]
    return [
      judge({ name: 'start, aldis run / an empty Fastify', value, unit: 'ms', baseline }),
      judge({
        name: 'start, aldis run on PGlite: seconds more than an empty Fastify',
        value: (value - baseline) / 1000,
        unit: 's',
        bar: '<= 2.5',
      }),
    ]
  },
}

async function startTime(server: Awaited<ReturnType<typeof runServer>>): Promise<number> {
  await using stopped = server
  return stopped.startMs
}
