/// <reference types="node" />
import { signals } from '@aldis/core'
import { MemoryLogger, usePlugin } from '@aldis/core/testing'
import { describe, expect, test } from 'vitest'

import RequestLogPlugin from './index.ts'

const application = { name: 'test' }

interface Logged {
  readonly level: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly message: string | undefined
}

/** The lines that a plugin with `settings` logs when a request to each of `paths` is finished. */
async function logOf(settings: Record<string, unknown>, ...paths: string[]): Promise<Logged[]> {
  const logger = new MemoryLogger()
  await using _host = await usePlugin({ name: 'request_log', plugin: RequestLogPlugin }, { settings, logger })
  for (const path of paths) {
    const request = { id: 'r-1', method: 'GET', path, remoteAddress: '192.0.2.1' }
    const response = { statusCode: 200, durationMs: 1.234_567 }
    signals.requestFinished.send(application, { request, response })
  }
  return logger.lines.filter(({ message }) => message === 'request')
}

test('a finished request is one line with what is worth searching for, and no address of a person', async () => {
  expect(await logOf({}, '/dataset')).toEqual([
    {
      level: 'info',
      message: 'request',
      fields: {
        plugin: 'request_log',
        method: 'GET',
        path: '/dataset',
        statusCode: 200,
        durationMs: 1.235,
        requestId: 'r-1',
      },
    },
  ])
})

test.each(['debug', 'info', 'warn', 'error'])(
  'the lines have the level %s when the settings say so',
  async (level) => {
    const lines = await logOf({ level }, '/')
    expect(lines.map((line) => line.level)).toEqual([level])
  },
)

describe('ignored are', () => {
  const cases: [title: string, ignoredPaths: string[] | undefined, paths: string[], logged: string[]][] = [
    [
      'probes, unless the settings say otherwise',
      undefined,
      ['/healthz', '/readyz', '/healthz/x'],
      ['/healthz/x'],
    ],
    ['nothing, when the list is empty', [], ['/healthz', '/'], ['/healthz', '/']],
    ['exact paths', ['/a'], ['/a', '/a/', '/ab', '/A'], ['/a/', '/ab', '/A']],
    ['everything that starts so', ['/a/*'], ['/a/', '/a/b', '/a', '/x/a/'], ['/a', '/x/a/']],
    ['all', ['/*'], ['/', '/a'], []],
  ]

  test.each(cases)('%s', async (_title, ignoredPaths, paths, logged) => {
    const lines = await logOf(ignoredPaths === undefined ? {} : { ignoredPaths }, ...paths)
    expect(lines.map(({ fields }) => fields['path'])).toEqual(logged)
  })
})

test.each([
  ['level', 'loud'],
  ['ignoredPaths', '/a'],
  ['ignoredPaths', ['a']],
  ['ignoredPaths', ['/*/a']],
  ['ignoredPaths', ['/a**']],
  ['levle', 'info'],
])('settings with %s: %j are refused at load, with the setting named', async (key, value) => {
  await expect(logOf({ [key]: value })).rejects.toThrow(`settings.request_log.${key}`)
})

test('after the plugin is gone nothing is logged', async () => {
  const logger = new MemoryLogger()
  const host = await usePlugin({ name: 'request_log', plugin: RequestLogPlugin }, { logger })
  await host.unload('request_log')
  expect(signals.requestFinished.hasReceivers).toBe(false)
  await host.stop()
})
