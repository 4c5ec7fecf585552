/** What an operator can ask and do from the command line. The same on each database. */
import { SubscriptionMap, type CommandArguments, type CommandContext, type Subscriptions } from '@aldis/core'
import { em } from '@aldis/models'
import { DoNotRetryError, type OutboxJob } from '@aldis/outbox'
import { namespace, type Signal } from '@aldis/signals'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'

import { describeDatabases } from './support/databases.ts'
import { startOutbox, type OutboxHost } from './support/outbox-host.ts'
import { runCommand, type CommandOutput } from './support/run-command.ts'

/** A table whose last column is a lag, which depends on the machine. */
const withoutLag = (table: string): string => table.replaceAll(/ +\d+[sm]$/gm, '   0s')
/** Equal to every text. */
const someText: unknown = expect.any(String)
/** Equal to every text with `part` in it. */
const containing = (part: string): unknown => expect.stringContaining(part)

const placed: Signal<string, { readonly label: string }> = namespace('outbox_commands').declare('placed', {
  payload: z.object({ label: z.string() }),
})

/** What the receivers do, as a test wishes. */
let onShip: () => void = () => undefined
const shipped: string[] = []

const shop = {
  getSignalSubscriptions: (): Subscriptions =>
    new SubscriptionMap()
      .on(
        placed,
        (_sender, { label }) => {
          onShip()
          shipped.push(label)
        },
        { id: 'ship', delivery: 'durable', retryDelayMs: 60_000 },
      )
      .on(placed, () => undefined, { id: 'announce_to_everybody_who_asked', delivery: 'durable' }),
}

describeDatabases('a command of the outbox', (database) => {
  let running: OutboxHost

  beforeAll(async () => {
    running = await startOutbox({
      database: await database.settings(),
      plugins: [{ name: 'shop', plugin: shop }],
      settings: { quarantineAfter: 2 },
    })
  })
  afterAll(() => running[Symbol.asyncDispose]())
  beforeEach(async () => {
    onShip = () => undefined
    shipped.length = 0
    await em().execute('delete from aldis_jobs.job')
    await running.outbox.resume()
  })

  /** Run the command `outbox ${name}` as the CLI does, and return what it wrote. */
  async function run(
    name: string,
    options: CommandArguments['options'] = {},
    words: CommandArguments['arguments'] = {},
    terminal: Partial<CommandContext> = {},
  ): Promise<CommandOutput & { json: () => unknown }> {
    const written = await runCommand(running.host, `outbox ${name}`, { arguments: words, options, terminal })
    return { ...written, json: (): unknown => JSON.parse(written.out) }
  }

  const send = (label: string): Promise<unknown> => placed.sendAsync('web', { label })
  const ship = { plugin: 'shop', subscription: 'ship' } as const
  const jobOf = async (): Promise<OutboxJob> => {
    const [job] = await running.outbox.list(ship)
    if (job === undefined) throw new Error('There is no job for "ship".')
    return job
  }
  /** Send `labels`, and have their jobs for `ship` parked for `reason`. */
  async function park(reason: string, ...labels: string[]): Promise<void> {
    onShip = () => {
      throw new DoNotRetryError(reason)
    }
    for (const label of labels) await send(label)
    await running.outbox.drain()
    onShip = () => undefined
  }
  /** Two failures in a row set `ship` aside. */
  async function quarantine(): Promise<void> {
    onShip = () => {
      throw new Error('the server is gone')
    }
    for (const label of ['tea', 'milk']) await send(label)
    await running.outbox.drain()
    onShip = () => undefined
  }

  test('stats counts what waits, is tried again and is parked, by receiver', async () => {
    await park('no such address', 'tea')
    onShip = () => {
      throw new Error('busy')
    }
    await send('milk')
    await running.outbox.drain()
    await send('rice')
    const { out, err } = await run('stats')
    const { json } = await run('stats', { json: true })
    const { out: narrow } = await run('stats', {}, {}, { isTTY: true })

    expect(withoutLag(narrow)).toBe(
      [
        'RECEIVER                        STATUS   WAITING  RETRYING  RUNNING  PARKED  LAG',
        'shop:announce_to_everybody_     working        1         0        0       0   0s',
        'who_asked',
        'shop:ship                       working        2         1        0       1   0s',
        '',
      ].join('\n'),
    )
    expect(withoutLag(out)).toBe(
      [
        'RECEIVER                              STATUS   WAITING  RETRYING  RUNNING  PARKED  LAG',
        'shop:announce_to_everybody_who_asked  working        1         0        0       0   0s',
        'shop:ship                             working        2         1        0       1   0s',
        '',
      ].join('\n'),
    )
    expect(err).toBe(
      '\n2 durable receivers: 3 waiting, 0 running, 1 parked.\n' +
        '"aldis outbox list --state parked" tells why jobs are parked.\n',
    )
    expect(json()).toMatchObject({
      version: 1,
      waiting: 3,
      running: 0,
      parked: 1,
      receivers: [
        { subscription: 'announce_to_everybody_who_asked', status: 'working', quarantine: null, waiting: 1 },
        { plugin: 'shop', subscription: 'ship', waiting: 2, retrying: 1, parked: 1 },
      ],
    })
  })

  test('stats tells which receiver is quarantined and why, and resume lets it go on', async () => {
    await quarantine()
    const { out, err } = await run('stats')
    const { json } = await run('stats', { json: true })

    expect(out).toMatch(/^shop:ship +quarantined .*\n {4}since \S+Z, after 2 failures: the server is gone$/m)
    expect(err).toContain('"aldis outbox resume" lets quarantined receivers go on.')
    expect(json()).toMatchObject({
      receivers: [{}, { status: 'quarantined', quarantine: { failures: 2, reason: 'the server is gone' } }],
    })

    expect(await run('resume', {}, { receiver: 'shop:announce_to_everybody_who_asked' })).toMatchObject({
      out: '',
      err: 'None of them was quarantined.\n',
    })
    expect(await run('resume', {}, { receiver: 'shop:ship' })).toMatchObject({
      out: 'shop:ship\n',
      err: '1 receiver resumed.\n',
    })
    expect((await run('resume', { json: true })).json()).toMatchObject({ receivers: [] })
    await run('retry', { all: true, state: 'waiting' })
    await run('drain')
    expect(shipped.toSorted()).toEqual(['milk', 'tea'])
  })

  test('list shows each job with its last failure, and fits a terminal without obeying what is in it', async () => {
    await park(
      'no such address\u001B[2J, and nothing near it that anybody in the office could think of',
      'tea',
    )
    const { out, err } = await run('list', {}, {}, { isTTY: true })
    const { id } = await jobOf()

    const lines = out.split('\n')
    expect(lines[0]).toBe('ID                                    STATE      CALLS  AGE  RECEIVER')
    expect(out).toMatch(new RegExp(`^${id}  parked {9}1 +\\d+[sm]  shop:ship$`, 'm'))
    expect(out).toMatch(/^ {4}DO_NOT_RETRY: no such address\uFFFD\[2J, and nothing near it .*…$/m)
    expect(Math.max(...lines.map((line) => line.length))).toBe(80)
    expect(err).toBe('\n2 jobs.\n')
  })

  test('list takes a state, a plugin or one receiver, and goes on where it stopped', async () => {
    await park('no such address', 'tea')
    await send('milk')
    const ids = async (options: CommandArguments['options']): Promise<unknown[]> =>
      z.object({ jobs: z.array(z.unknown()) }).parse((await run('list', { ...options, json: true })).json())
        .jobs

    expect(await ids({ receiver: 'shop' })).toHaveLength(4)
    expect(await ids({ receiver: 'shop:ship', state: 'parked' })).toEqual([
      {
        id: someText,
        state: 'parked',
        ...ship,
        eventId: someText,
        signal: 'outbox_commands:placed',
        sender: 'web',
        sentAt: someText,
        attempts: 1,
        dueAt: null,
        error: 'no such address',
        errorCode: 'DO_NOT_RETRY',
        shard: null,
      },
    ])
    const first = await run('list', { limit: 3 })
    expect(first.err).toBe('\n3 jobs. There are more: --offset 3.\n')
    expect(await ids({ limit: 3, offset: 3 })).toHaveLength(1)
    for (const options of [{ limit: 0 }, { limit: 1.5 }, { limit: 1001 }, { offset: -1 }]) {
      await expect(run('list', options)).rejects.toMatchObject({ code: 'OUTBOX_USAGE' })
    }
  })

  test('show prints one job with its payload', async () => {
    await park('no such address', 'te\u009Ba')
    const job = await jobOf()
    const { out } = await run('show', {}, { id: job.id })
    const { json } = await run('show', { json: true }, { id: job.id })

    expect(out).toBe(
      [
        `Job       ${job.id}`,
        'State     parked',
        'Receiver  shop:ship',
        'Calls     1',
        'Failure   DO_NOT_RETRY: no such address',
        'Signal    outbox_commands:placed',
        'Sender    "web"',
        `Event     ${job.eventId}`,
        `Sent      ${job.sentAt.toISOString()}`,
        'Payload   version 1',
        '  {',
        '    "label": "te\uFFFDa"',
        '  }',
        '',
      ].join('\n'),
    )
    expect(json()).toMatchObject({
      job: { id: job.id, payload: { label: 'te\u009Ba' }, payloadVersion: 1, traceparent: null },
    })
  })

  test('retry gives a parked job to its receiver again', async () => {
    await park('no such address', 'tea')
    const { id } = await jobOf()

    expect(await run('retry', {}, { id })).toMatchObject({ out: '', err: 'The job is retried.\n' })
    expect(await run('drain')).toMatchObject({ out: '', err: 'Nothing waits.\n' })
    expect(shipped).toEqual(['tea'])
    await expect(run('retry', {}, { id: (await jobOf()).id })).rejects.toMatchObject({
      code: 'JOB_STATE',
      state: 'delivered',
    })
  })

  test('retry takes all parked jobs of a receiver, or those that wait when it is told to', async () => {
    await park('no such address', 'tea', 'milk')
    onShip = () => {
      throw new Error('busy')
    }
    await send('rice')
    expect(await run('drain')).toMatchObject({ err: containing('1 job waits all the same, ') })
    expect((await run('drain', { json: true })).json()).toMatchObject({ waiting: 1 })
    onShip = () => undefined

    expect((await run('retry', { receiver: 'shop:ship' })).err).toBe('2 jobs retried.\n')
    await run('drain')
    expect(shipped.toSorted()).toEqual(['milk', 'tea'])
    expect(
      (await run('retry', { receiver: 'shop:ship', state: 'waiting', json: true })).json(),
    ).toMatchObject({
      jobs: 1,
    })
    await run('drain')
    expect(shipped).toContain('rice')
  })

  test('retry refuses a job that waits for no later attempt, and says for what it may wait', async () => {
    await send('tea')
    const { id } = await jobOf()

    await expect(run('retry', {}, { id })).rejects.toMatchObject({
      code: 'JOB_STATE',
      state: 'waiting',
      message: containing('it waits for no later attempt, but for its turn, its plugin or a resume.'),
    })
    expect((await run('retry', { all: true, state: 'waiting' })).err).toBe('0 jobs retried.\n')
    await run('drain')
    expect(shipped).toEqual(['tea'])
  })

  test('discard deletes what is parked, and leaves what waits unless it is named', async () => {
    await park('no such address', 'tea')
    await send('milk')

    expect((await run('discard', { all: true })).err).toBe('1 job discarded.\n')
    expect(await running.outbox.list({ state: 'waiting' })).toHaveLength(2)
    expect((await run('discard', {}, { id: (await jobOf()).id })).err).toBe('The job is discarded.\n')
    expect((await run('discard', { receiver: 'shop', json: true })).json()).toMatchObject({ jobs: 0 })
    await run('drain')
    expect(shipped).toEqual([])
  })

  test.each(['retry', 'discard'])(
    '%s refuses what does not say which jobs, and changes nothing',
    async (verb) => {
      await park('no such address', 'tea')
      const { id } = await jobOf()
      const usage = { code: 'OUTBOX_USAGE' }

      await expect(run(verb)).rejects.toMatchObject(usage)
      await expect(run(verb, { all: true, receiver: 'shop' })).rejects.toMatchObject(usage)
      await expect(run(verb, { all: true }, { id })).rejects.toMatchObject(usage)
      await expect(run(verb, { state: 'parked' }, { id })).rejects.toMatchObject(usage)
      await expect(run(verb, {}, { id: 'tea' })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' })
      await expect(run(verb, { receiver: 'shop:shipp' })).rejects.toMatchObject({
        code: 'RECEIVER_UNKNOWN',
        message: containing('shop:ship.'),
      })
      expect(await running.outbox.list({ state: 'parked' })).toHaveLength(1)
    },
  )

  test('what is not there is refused', async () => {
    const unknown = '00000000-0000-4000-8000-000000000000'
    await expect(run('show', {}, { id: unknown })).rejects.toMatchObject({ code: 'JOB_UNKNOWN' })
    await expect(run('list', { receiver: 'shopp' })).rejects.toMatchObject({ code: 'RECEIVER_UNKNOWN' })
    await expect(run('resume', {}, { receiver: 'shopp' })).rejects.toMatchObject({
      code: 'RECEIVER_UNKNOWN',
    })
  })
})
