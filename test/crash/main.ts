/**
 * `pnpm crash`: kills processes that send and deliver, and compares what committed with what was delivered.
 *
 * Exits with 1 when an event is lost, delivered without its commit, or delivered too often. Ctrl-C ends it early with what
 * there is by then; a second one ends it at once.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

import { messageOf } from '@aldis/core'

import { startPostgres } from '../support/postgres-server.ts'
import { missingRequirements } from '../support/requirements.ts'
import { embeddedDatabases, serverDatabases } from './crash-database.ts'
import { crashTable } from './crash-table.ts'
import { crashMatrix, type Configuration, type Outcome } from './matrix.ts'
import { MODES } from './mode.ts'

const HELP = `Usage: pnpm crash -- [options]

Kills processes that send durable events and deliver them, at every step, and
compares what committed with what was delivered.

  --kills N          how many processes are killed in all      (default: 200)
  --database NAME    pglite or postgresql alone                (default: both)
  --seed N           chooses where and when they are killed    (default: any)
  --json             print an array with one object per configuration
  --help             print this`

const ONE_CTRL_C_MS = 500
const NAMES = { pglite: 'PGlite', postgresql: 'PostgreSQL' } as const

const flags = flagsOf()
if (flags.help) {
  console.log(HELP)
  process.exit(0)
}
const kills = wholeNumber('kills', flags.kills)
const seed = wholeNumber('seed', flags.seed)
const wanted = Object.entries(NAMES).filter(([name]) => name === (flags.database ?? name))
if (wanted.length === 0) refuse(`--database is pglite or postgresql, not "${flags.database}".`)
const missing = missingRequirements().find(({ name }) => name === 'postgres')
if (missing && flags.database === 'postgresql') refuse(`There is no PostgreSQL here: ${missing.howToGet}.`)
const names = wanted.map(([, name]) => name).filter((name) => name === 'PGlite' || missing === undefined)
if (missing && names.length < wanted.length) {
  console.error(`Left out on PostgreSQL, which is not here (${missing.howToGet}).`)
}

const stop = new AbortController()
let asked = 0
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // A Ctrl-C comes twice: from the terminal, and from the package manager that passes it on.
    if (stop.signal.aborted && Date.now() - asked > ONE_CTRL_C_MS) process.exit(130)
    if (stop.signal.aborted) return
    asked = Date.now()
    console.error('Judging what was killed so far. Once more to end at once.')
    stop.abort()
  })
}

console.error(`${kills} kills, --seed ${seed}`)
const outcomes = await run()
console.log(flags.json ? JSON.stringify(outcomes.map(documented), null, 2) : `\n${crashTable(outcomes)}`)
for (const sentence of outcomes.flatMap(({ broken }) => broken)) console.error(sentence)
process.exit(outcomes.some(({ broken }) => broken.length > 0) ? 1 : 0)

function flagsOf() {
  try {
    return parseArgs({
      // pnpm hands on the two dashes that end its own options.
      args: process.argv.slice(2).filter((arg) => arg !== '--'),
      options: {
        kills: { type: 'string', default: '200' },
        database: { type: 'string' },
        seed: { type: 'string', default: String(randomInt(2 ** 31)) },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    return refuse(`${messageOf(error)} (--help lists the options)`)
  }
}

async function run(): Promise<Outcome[]> {
  await using resources = new AsyncDisposableStack()
  const configurations: Configuration[] = []
  for (const [index, database] of names.entries()) {
    const databases = resources.use(
      database === 'PGlite'
        ? await embeddedDatabases()
        : await serverDatabases(resources.use(await startPostgres()).url),
    )
    for (const [place, mode] of MODES.entries()) {
      const share = index * MODES.length + place
      const all = names.length * MODES.length
      const own = Math.floor((kills * (share + 1)) / all) - Math.floor((kills * share) / all)
      configurations.push({ database, databases, ...mode, kills: own })
    }
  }
  return await crashMatrix(configurations, { seed, signal: stop.signal, onRound: report })
}

function report({ database, batchSize, shards, ...round }: Outcome): void {
  const { kills, committed, lost, duplicates, seeds } = round
  console.error(
    `${database}, ${batchSize} at a time${shards ? ' in shards' : ''}, seed ${seeds.join()}: ${kills} kills, ${committed} committed, ` +
      `${lost} lost, ${duplicates} duplicates`,
  )
}

function documented(outcome: Outcome): object {
  const { database, kills, batchSize, shards, committed, delivered, lost, duplicates, seeds } = outcome
  return { database, kills, batchSize, shards, committed, delivered, lost, duplicates, seeds }
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(number))
    refuse(`--${name} is a whole number, not "${text}".`)
  return number
}

function refuse(problem: string): never {
  console.error(problem)
  process.exit(2)
}
