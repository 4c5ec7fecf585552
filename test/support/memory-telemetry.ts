/** An SDK of OpenTelemetry that keeps what it is told, for tests of what a process tells. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'

import {
  context,
  createNoopMeter,
  metrics,
  propagation,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type ContextManager,
  type Counter,
  type Histogram,
  type Meter,
  type ObservableCallback,
  type ObservableGauge,
  type Span,
  type SpanContext,
  type SpanOptions,
  type TextMapPropagator,
  type Tracer,
} from '@opentelemetry/api'

/** A value of a metric. */
export interface Measured {
  readonly metric: string
  readonly value: number
  readonly attributes: Attributes
}

/** A span that has begun. */
export interface MemorySpan {
  readonly name: string
  readonly attributes: Attributes
  readonly spanContext: SpanContext
  readonly parent: SpanContext | undefined
  readonly failed: boolean
  readonly ended: boolean
}

/** What has been told since it was made. */
export class MemoryTelemetry implements Disposable {
  readonly measured: Measured[] = []
  readonly spans: MemorySpan[] = []
  readonly #observed = new Map<ObservableCallback, string>()

  /** From now on it is the SDK of this process. */
  constructor() {
    const meter = new MemoryMeter(this.measured, this.#observed)
    metrics.setGlobalMeterProvider({ getMeter: () => meter })
    context.setGlobalContextManager(new AsyncContexts())
    propagation.setGlobalPropagator(traceparents)
    const none = trace.getTracer('none')
    const tracer: Tracer = Object.assign(none, {
      startSpan: (name: string, options?: SpanOptions, of?: Context) => this.#start(name, options, of),
      startActiveSpan: <T>(name: string, options: SpanOptions, of: Context, body: (span: Span) => T): T => {
        const span = this.#start(name, options, of)
        return context.with(trace.setSpan(of, span), () => body(span))
      },
    })
    trace.setGlobalTracerProvider({ getTracer: () => tracer })
  }

  /** Ask all gauges, as whoever collects metrics does. */
  async observe(): Promise<Measured[]> {
    const seen: Measured[] = []
    for (const [callback, metric] of this.#observed) {
      await callback({ observe: (value, attributes = {}) => seen.push({ metric, value, attributes }) })
    }
    return seen
  }

  /** Run `body` in a span `name` of a new trace. */
  within<T>(name: string, body: (own: SpanContext) => T): T {
    const span = this.#start(name, {}, ROOT_CONTEXT)
    return context.with(trace.setSpan(ROOT_CONTEXT, span), () => body(span.spanContext()))
  }

  [Symbol.dispose](): void {
    metrics.disable()
    context.disable()
    propagation.disable()
    trace.disable()
  }

  #start(name: string, { attributes = {} }: SpanOptions = {}, of: Context = context.active()): Span {
    const parent = trace.getSpanContext(of)
    const traceId = parent?.traceId ?? randomBytes(16).toString('hex')
    const spanContext = { traceId, spanId: randomBytes(8).toString('hex'), traceFlags: 1 }
    const kept = { name, attributes, spanContext, parent, failed: false, ended: false }
    this.spans.push(kept)
    const span = trace.wrapSpanContext(spanContext)
    span.setStatus = ({ code }) => {
      kept.failed = code === SpanStatusCode.ERROR
      return span
    }
    span.end = () => {
      kept.ended = true
    }
    return span
  }
}

class MemoryMeter implements Meter {
  readonly #none = createNoopMeter()
  readonly #measured: Measured[]
  readonly #observed: Map<ObservableCallback, string>
  readonly createGauge = this.#none.createGauge.bind(this.#none)
  readonly createUpDownCounter = this.#none.createUpDownCounter.bind(this.#none)
  readonly createObservableCounter = this.#none.createObservableCounter.bind(this.#none)
  readonly createObservableUpDownCounter = this.#none.createObservableUpDownCounter.bind(this.#none)
  readonly addBatchObservableCallback = this.#none.addBatchObservableCallback.bind(this.#none)
  readonly removeBatchObservableCallback = this.#none.removeBatchObservableCallback.bind(this.#none)

  constructor(measured: Measured[], observed: Map<ObservableCallback, string>) {
    this.#measured = measured
    this.#observed = observed
  }

  createCounter(metric: string): Counter {
    return { add: (value, attributes = {}) => void this.#measured.push({ metric, value, attributes }) }
  }

  createHistogram(metric: string): Histogram {
    return { record: (value, attributes = {}) => void this.#measured.push({ metric, value, attributes }) }
  }

  createObservableGauge(metric: string): ObservableGauge {
    return {
      addCallback: (callback: ObservableCallback) => void this.#observed.set(callback, metric),
      removeCallback: (callback: ObservableCallback) => void this.#observed.delete(callback),
    }
  }
}

class AsyncContexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>()

  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT
  }

  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    of: Context,
    body: F,
    self?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(of, () => body.call(self, ...args))
  }

  bind<T>(_of: Context, target: T): T {
    return target
  }

  enable(): this {
    return this
  }

  disable(): this {
    this.#storage.disable()
    return this
  }
}

/** The header of W3C. */
const traceparents: TextMapPropagator<unknown> = {
  inject(of, carrier, setter) {
    const own = trace.getSpanContext(of)
    if (own) setter.set(carrier, 'traceparent', `00-${own.traceId}-${own.spanId}-01`)
  },
  extract(of, carrier, getter) {
    const [, traceId, spanId] = String(getter.get(carrier, 'traceparent')).split('-')
    if (traceId === undefined || spanId === undefined) return of
    return trace.setSpanContext(of, { traceId, spanId, traceFlags: 1, isRemote: true })
  },
  fields: () => ['traceparent'],
}
