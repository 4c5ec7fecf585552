import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { createHost, silentLogger, type CommandContext, type Host, type HostOptions } from '@aldis/core'
import { afterEach, expect, onTestFinished, test } from 'vitest'

import ModelsPlugin, {
  defineEntity,
  em,
  p,
  postMigrate,
  postUpgrade,
  type Migration,
  type Model,
  type PluginModels,
} from './index.ts'

const Book = defineEntity({
  name: 'Book',
  properties: { id: p.integer().primary(), title: p.string() },
})
const Note = defineEntity({
  name: 'Note',
  properties: { id: p.integer().primary(), text: p.string() },
})
const books: Migration = {
  name: '0001_books',
  up: ['create table book (id serial primary key, title text not null)'],
}
const notes: Migration = {
  name: '0001_notes',
  up: ['create table note (id serial primary key, text text not null)'],
}

const modelsOf = (entities: readonly Model[], migrations: readonly Migration[]) => ({
  getModels: (): PluginModels => ({ entities, migrations }),
})

let host: Host | undefined
afterEach(() => host?.stop())

async function started(
  config: HostOptions['config'] = { plugins: ['models', 'shop'], settings: { models: { folder: null } } },
): Promise<Host> {
  host = await createHost({
    config,
    plugins: [
      { name: 'models', plugin: ModelsPlugin },
      { name: 'shop', plugin: modelsOf([Book], [books]) },
      { name: 'notes', plugin: modelsOf([Note], [notes]) },
    ],
    logger: silentLogger,
  })
  await host.load()
  await host.start()
  return host
}

/** Run the command `name` as the CLI does, and return what it wrote. */
async function run(
  running: Host,
  name: string,
  options: Record<string, boolean> = {},
  terminal: Partial<CommandContext> = {},
): Promise<{ out: string; err: string }> {
  const written = { out: '', err: '' }
  const command = running.commands.find((each) => each.name === name)
  await command?.run(
    { arguments: {}, options },
    {
      host: running,
      stdout: (text) => (written.out += text),
      stderr: (text) => (written.err += text),
      isTTY: false,
      columns: 80,
      color: false,
      signal: new AbortController().signal,
      ...terminal,
    },
  )
  return written
}

test('an empty database is made at start, and has nothing to upgrade', async () => {
  const running = await started()

  const { out, err } = await run(running, 'db upgrade')

  expect(out).toBe('')
  expect(err).toBe('Nothing to do: the database is as new as the code, with 1 migration.\n')
})

test('db status lists what has run', async () => {
  const running = await started()

  const { out, err } = await run(running, 'db status')

  expect(out).toMatch(/^PLUGIN {2}MIGRATION {3}STATE {4}AT\nshop {4}0001_books {2}applied {2}\d{4}-\S+Z\n$/)
  expect(err).toBe('\nPGlite in memory: 1 migration applied, 0 waiting.\n')
  const json: unknown = JSON.parse((await run(running, 'db status', { json: true })).out)
  expect(json).toMatchObject({
    version: 1,
    database: 'PGlite',
    migrations: [{ plugin: 'shop', name: '0001_books', state: 'applied' }],
  })
})

test('an upgrade in a host that was started with fewer plugins says whose migrations it did not run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aldis-upgrade-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'aldis.config.yaml')
  const enable = (...plugins: readonly string[]): void =>
    writeFileSync(path, `plugins: [${plugins.join(', ')}]\nsettings: { models: { folder: null } }\n`)
  enable('models', 'shop')
  const running = await started(path)
  enable('models', 'shop', 'notes')

  const { err } = await run(running, 'db upgrade')

  expect(err).toContain(
    'the running host was started with, without notes: stop it, run "aldis db upgrade" again',
  )
})

test('who listens to post_upgrade can ask the person who upgrades', async () => {
  const running = await started()
  using _asks = postUpgrade.connect(async (by, { applied, ask, tell }) => {
    tell(`${by} ${applied.length} ${(await ask?.('Name? ')) ?? 'nobody'}`)
  })

  const asked = await run(running, 'db upgrade', {}, { ask: async (question) => `Ada (${question})` })
  const script = await run(running, 'db upgrade')

  expect(asked.err).toContain('command 0 Ada (Name? )\n')
  expect(script.err).toContain('command 0 nobody\n')
})

test('a plugin that is loaded into a running host brings its models, and its rows outlive it', async () => {
  const running = await started()
  const heard: unknown[] = []
  using _hears = postMigrate.connect((plugin, { migrations }) => void heard.push([plugin, migrations]))

  await running.load('notes')
  const own = em()
  own.create(Note, { text: 'kept' })
  await own.flush()
  expect(heard).toEqual([['notes', ['notes/0001_notes']]])

  await running.unload('notes')
  await expect(em().findAll(Note)).rejects.toBeInstanceOf(Error)
  await running.load('notes')
  expect(await em().findAll(Note)).toMatchObject([{ id: 1, text: 'kept' }])
  expect(await em().findAll(Book)).toEqual([])
  expect(heard.length).toBe(1)
})
