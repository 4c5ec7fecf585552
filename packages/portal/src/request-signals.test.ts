import { signals, silentLogger } from '@aldis/core'
import { capture } from '@aldis/core/testing'
import Fastify, { type FastifyInstance } from 'fastify'
import { expect, test } from 'vitest'

import { RequestSignals } from './request-signals.ts'

function serverWithSignals(): FastifyInstance {
  const app = Fastify()
  const application = { name: 'test' }
  new RequestSignals({ application, logger: silentLogger, receiverTimeoutMs: 1_000 }).install(app)
  return app
}

test('a hook that fails after request_finished was sent does not send it again', async () => {
  using started = capture(signals.requestStarted)
  using finished = capture(signals.requestFinished)
  await using app = serverWithSignals()
  let calls = 0
  app.addHook('onSend', async () => {
    calls++
    if (calls === 1) throw new Error('no such luck')
  })
  app.get('/', () => 'text')

  expect((await app.inject('/')).statusCode).toBe(500)
  expect(calls).toBe(2)
  expect([started.sends.length, finished.sends.length]).toEqual([1, 1])
})

test('an answer that cannot be written does not send request_finished again', async () => {
  using finished = capture(signals.requestFinished)
  await using app = serverWithSignals()
  app.get('/', (_request, reply) => reply.header('x-broken', 'a\nb').send('text'))

  expect((await app.inject('/')).statusCode).toBe(500)
  expect(finished.sends).toHaveLength(1)
})

test('a handler that answers twice sends request_finished once', async () => {
  using finished = capture(signals.requestFinished)
  await using app = serverWithSignals()
  app.get('/', (_request, reply) => {
    reply.send('one')
    reply.send('two')
  })

  expect((await app.inject('/')).statusCode).toBe(200)
  expect(finished.sends).toHaveLength(1)
})
