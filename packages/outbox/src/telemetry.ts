import {
  context,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Counter,
  type Histogram,
  type Meter,
  type ObservableGauge,
  type Tracer,
} from '@opentelemetry/api'

import type { StoredEvent } from './stored-event.ts'

const NAME = '@aldis/outbox'

/** What became of one call of a receiver. */
export type Outcome = 'delivered' | 'failed' | 'parked'

/** How many jobs of a receiver wait. */
export interface Depth {
  readonly plugin: string
  readonly subscription: string
  readonly waiting: number
}

/** Metrics and traces. They go nowhere until the process has an SDK of OpenTelemetry. */
export class Telemetry {
  readonly #tracer: Tracer = trace.getTracer(NAME)
  readonly #meter: Meter = metrics.getMeter(NAME)
  readonly #attempts: Counter = this.#meter.createCounter('aldis.outbox.attempts', {
    description: 'Calls of durable receivers',
  })
  readonly #duration: Histogram = this.#meter.createHistogram('aldis.outbox.duration', {
    description: 'How long a durable receiver took',
    unit: 's',
  })
  readonly #lag: Histogram = this.#meter.createHistogram('aldis.outbox.lag', {
    description: 'From the send to the first call of a durable receiver',
    unit: 's',
  })

  /** The trace of the running code, to go on with in receivers. */
  traceparent(): string | undefined {
    const carrier: Record<string, string> = {}
    propagation.inject(context.active(), carrier)
    return carrier['traceparent']
  }

  /** Run `body`, one attempt at `event`, as a span of the trace that it was sent in. */
  async attempt(event: StoredEvent, attempt: number, body: () => Promise<Outcome>): Promise<void> {
    const { traceparent, plugin, subscription, signal, eventId } = event
    const parent =
      traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent })
    const of = { plugin, receiver: subscription }
    if (attempt === 1) this.#lag.record(Math.max(0, (Date.now() - Date.parse(event.sentAt)) / 1000), of)
    const attributes: Attributes = { ...of, signal, 'event.id': eventId, attempt }
    const options = { kind: SpanKind.CONSUMER, attributes }
    await this.#tracer.startActiveSpan(`deliver ${signal}`, options, parent, async (span) => {
      const start = performance.now()
      const outcome = await body()
      if (outcome !== 'delivered') span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
      this.#attempts.add(1, { ...of, outcome })
      this.#duration.record((performance.now() - start) / 1000, { ...of, outcome })
    })
  }

  /** Tell the depth of the queues whenever somebody collects metrics, until the result is disposed. */
  observeDepth(depths: () => Promise<readonly Depth[]>): Disposable {
    const gauge: ObservableGauge = this.#meter.createObservableGauge('aldis.outbox.depth', {
      description: 'Jobs that wait for a durable receiver',
    })
    const observe: Parameters<ObservableGauge['addCallback']>[0] = async (result) => {
      for (const { plugin, subscription, waiting } of await depths()) {
        result.observe(waiting, { plugin, receiver: subscription })
      }
    }
    gauge.addCallback(observe)
    return { [Symbol.dispose]: () => gauge.removeCallback(observe) }
  }
}
