import {
  createContextKey,
  INVALID_SPAN_CONTEXT,
  propagation,
  trace,
  type Context,
  type SpanOptions,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'

import { Telemetry } from './telemetry.ts'

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const REMOTE = createContextKey('the context that came with the event')

const event = {
  eventId: 'e-1',
  signal: 'shop:placed',
  sender: 'web',
  payload: '{}',
  version: 1,
  plugin: 'mailer',
  subscription: 'mail',
  sentAt: new Date().toISOString(),
}

afterEach(() => {
  propagation.disable()
  trace.disable()
})

test('without an SDK nothing is kept of a trace, and attempts are made all the same', async () => {
  const telemetry = new Telemetry()
  const outcomes: string[] = []
  await telemetry.attempt(event, 1, () => {
    outcomes.push('called')
    return Promise.resolve('delivered')
  })

  expect(telemetry.traceparent()).toBeUndefined()
  expect(outcomes).toEqual(['called'])
})

test('an attempt is a span of the trace that the event was sent in', async () => {
  const propagator: TextMapPropagator<unknown> = {
    inject: (_context, carrier, setter) => setter.set(carrier, 'traceparent', TRACEPARENT),
    extract: (context, carrier, getter) => context.setValue(REMOTE, getter.get(carrier, 'traceparent')),
    fields: () => ['traceparent'],
  }
  propagation.setGlobalPropagator(propagator)
  const spans: unknown[] = []
  const none = trace.getTracer('none')
  const start = (name: string, options?: SpanOptions, context?: Context) => {
    spans.push([name, options?.attributes, context?.getValue(REMOTE)])
    return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  }
  const tracer = {
    startSpan: start,
    startActiveSpan: (
      name: string,
      options: SpanOptions,
      context: Context,
      body: (span: ReturnType<typeof start>) => unknown,
    ) => body(start(name, options, context)),
  }
  trace.setGlobalTracerProvider({ getTracer: (): Tracer => Object.assign(none, tracer) })
  const telemetry = new Telemetry()
  const traceparent = telemetry.traceparent()
  await telemetry.attempt({ ...event, ...(traceparent !== undefined && { traceparent }) }, 2, () =>
    Promise.resolve('failed'),
  )

  const attributes = {
    plugin: 'mailer',
    receiver: 'mail',
    signal: 'shop:placed',
    'event.id': 'e-1',
    attempt: 2,
  }
  expect(spans).toEqual([['deliver shop:placed', attributes, TRACEPARENT]])
})
