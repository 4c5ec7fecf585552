/** A TCP proxy in front of PostgreSQL that does to connections what networks do. */
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

import { FrameFilter } from './postgres-frames.ts'

/** A connection that goes through the proxy. */
interface ProxiedConnection {
  /** What the client calls itself. */
  readonly application: string
  /** Whether it has asked to hear notifications. */
  readonly listens: boolean
  /** Whether something that was sent is held. */
  readonly waits: boolean
  /** Both ends are told that the connection is broken. */
  reset(): void
}

type Which = (connection: ProxiedConnection) => boolean
type Direction = 'to server' | 'to client'
type When = 'before' | 'after' | 'after rows'
type Hold = (connection: ProxiedConnection, direction: Direction) => boolean

export interface FaultProxy extends AsyncDisposable {
  /** The connection string of the same database, through the proxy. */
  readonly url: string
  /** Those that are open. */
  readonly connections: readonly ProxiedConnection[]
  /** How many connections have been asked for, those that were refused included. */
  readonly asked: number
  /** How many notifications have been lost. */
  readonly lost: number
  /** Everything takes `ms` longer, in each direction. */
  delay(ms: number): void
  /**
   * Connections that `which` takes, and new ones of the same kind, stay open and silent: what is sent in `direction`,
   * or in both, is kept and arrives when the fault ends. The result ends this fault alone.
   */
  hold(which?: Which, direction?: Direction): () => void
  /** As {@link hold}, but of the connections that there are only. */
  holdOpen(which?: Which): () => void
  /** All connections are reset, and so is each new one. */
  cut(): void
  /** Notifications do not arrive, while all else does. */
  loseNotifications(): void
  /**
   * Reset the next connection of those that `which` takes whose client sends `text`: `before` the server sees it, or
   * `after` it has answered, or has answered with rows, of which the client hears nothing. Resolves when it is done.
   */
  resetAt(text: string, when: When, which?: Which): Promise<void>
  /** No more faults. What was held goes on. */
  restore(): void
}

interface Trap {
  readonly text: string
  readonly when: When
  readonly which: Which
  readonly sprung: () => void
}

/** The types of messages of the server: a row of an answer, and the end of an answer. */
const ROW = 'D'
const READY = 'Z'

/** Start a proxy on a free port of 127.0.0.1 in front of the server of `databaseUrl`. */
export async function startFaultProxy(databaseUrl: string): Promise<FaultProxy> {
  const proxy = new TcpFaultProxy(databaseUrl)
  await proxy.listen()
  return proxy
}

class TcpFaultProxy implements FaultProxy {
  readonly #target: URL
  readonly #server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
  readonly #connections = new Set<Connection>()
  readonly #holds = new Set<Hold>()
  #refuses = false
  #losing = false
  #latencyMs = 0
  #trap: Trap | undefined
  #changed = Promise.withResolvers<void>()
  asked = 0
  lost = 0

  constructor(databaseUrl: string) {
    this.#target = new URL(databaseUrl)
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get url(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
    const url = new URL(this.#target)
    url.host = `127.0.0.1:${address.port}`
    return url.href
  }

  get connections(): readonly ProxiedConnection[] {
    return [...this.#connections].filter(({ client }) => !client.destroyed)
  }

  delay(ms: number): void {
    this.#latencyMs = ms
  }

  hold(which: Which = () => true, only?: Direction): () => void {
    const holds: Hold = (connection, direction) => which(connection) && (only ?? direction) === direction
    this.#holds.add(holds)
    return () => {
      this.#holds.delete(holds)
      this.#look()
    }
  }

  holdOpen(which: Which = () => true): () => void {
    const held = new Set<ProxiedConnection>([...this.#connections].filter(which))
    return this.hold((connection) => held.has(connection))
  }

  cut(): void {
    this.#refuses = true
    for (const connection of this.#connections) connection.reset()
  }

  loseNotifications(): void {
    this.#losing = true
  }

  resetAt(text: string, when: When, which: Which = () => true): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#trap = { text, when, which, sprung: resolve }
    return promise
  }

  restore(): void {
    this.#holds.clear()
    this.#refuses = false
    this.#losing = false
    this.#latencyMs = 0
    this.#trap = undefined
    this.#look()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.cut()
    this.restore()
    await closed
  }

  #accept(client: Socket): void {
    this.asked++
    client.on('error', () => undefined)
    if (this.#refuses) {
      client.resetAndDestroy()
      return
    }
    const server = connect({
      host: this.#target.hostname,
      port: Number(this.#target.port || 5432),
      allowHalfOpen: true,
    })
    const connection = new Connection(client, server)
    this.#connections.add(connection)
    server.on('error', () => connection.reset())
    client.on('error', () => connection.reset())
    const carried = Promise.all([this.#towardsServer(connection), this.#towardsClient(connection)])
    void carried.then(() => this.#connections.delete(connection))
  }

  async #towardsServer(connection: Connection): Promise<void> {
    await this.#carry(connection, 'to server', (chunk) => {
      connection.learn(chunk)
      const trap = this.#trap
      if (trap === undefined || !chunk.includes(trap.text) || !trap.which(connection)) return chunk
      if (trap.when === 'before') this.#spring(connection, trap)
      else connection.trap = trap
      return chunk
    })
  }

  async #towardsClient(connection: Connection): Promise<void> {
    let rows = false
    let done = false
    const frames = new FrameFilter((type) => {
      if (type === ROW) rows = true
      if (type === READY) done = true
      const loses = this.#losing && type === 'A'
      if (loses) this.lost++
      return !loses
    })
    await this.#carry(connection, 'to client', (chunk) => {
      rows = done = false
      const passed = frames.pass(chunk)
      const { trap } = connection
      // Of several in whose way it is, the first to be answered springs it.
      if (trap !== undefined && trap === this.#trap && (rows || trap.when === 'after')) {
        this.#spring(connection, trap)
      }
      if (done) connection.trap = undefined
      return passed
    })
  }

  #spring(connection: Connection, { sprung }: Trap): void {
    this.#trap = undefined
    connection.reset()
    sprung()
  }

  /** Carry what comes until the end, each piece as `through` lets it. */
  async #carry(
    connection: Connection,
    direction: Direction,
    through: (chunk: Buffer) => Buffer,
  ): Promise<void> {
    const { client, server } = connection
    const [from, to] = direction === 'to server' ? [client, server] : [server, client]
    const chunks: AsyncIterable<Buffer> = from
    try {
      for await (const chunk of chunks) {
        const passed = through(chunk)
        await this.#turn(connection, direction)
        if (to.destroyed) return
        to.write(passed)
      }
      await this.#turn(connection, direction)
      to.end()
    } catch {
      // It was reset.
      connection.reset()
    }
  }

  /** Resolves when a piece may go on. */
  async #turn(connection: Connection, direction: Direction): Promise<void> {
    if (this.#latencyMs > 0) await sleep(this.#latencyMs)
    while ([...this.#holds].some((holds) => holds(connection, direction))) {
      connection.waits = true
      await this.#changed.promise
      connection.waits = false
    }
  }

  /** Those who wait look again whether they still have to. */
  #look(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}

class Connection implements ProxiedConnection {
  readonly client: Socket
  readonly server: Socket
  application = ''
  listens = false
  waits = false
  /** The client has sent what this waits for, and waits for the answer. */
  trap: Trap | undefined
  #began = false

  constructor(client: Socket, server: Socket) {
    this.client = client
    this.server = server
  }

  /** Look at what the client sends. */
  learn(chunk: Buffer): void {
    if (!this.#began) {
      this.#began = true
      this.application = /application_name\0([^\0]*)\0/.exec(chunk.toString())?.[1] ?? ''
    }
    if (chunk.includes('LISTEN "')) this.listens = true
  }

  reset(): void {
    this.client.resetAndDestroy()
    this.server.resetAndDestroy()
  }
}
