import { createHash } from 'node:crypto'

import type { SessionStore as FastifySessionStore } from '@fastify/session'
import type { Session } from 'fastify'

declare module 'fastify' {
  interface Session extends SessionData {
    /** Whether the session was read from the store. */
    aldisStored?: true
  }
}

/** What a session says: plain data. */
export interface SessionData {
  /** Who is logged in. */
  userId?: string
  /** What to show on the next page. */
  flash?: readonly string[]
  /** What the tokens in forms are made from. */
  _csrf?: string
}

/**
 * Keeps sessions. Their ids come hashed, so that what is kept lets nobody in.
 *
 * What cannot be read or written rejects, and the request fails.
 */
export interface SessionStore {
  /** The data of the session `id`; undefined when there is none, or when it has expired. */
  read(id: string): Promise<SessionData | undefined>
  /**
   * Keep `data` until `expires`. Unless `isNew`, a session that is not there any more stays
   * away: it was ended while the request that writes it ran.
   */
  write(id: string, data: SessionData, expires: Date, isNew: boolean): Promise<void>
  /** End the session `id`, if there is one. */
  remove(id: string): Promise<void>
}

/** Keeps sessions in this process's memory, for tests. */
export class MemorySessionStore implements SessionStore {
  readonly #sessions = new Map<string, { readonly data: SessionData; readonly expires: Date }>()

  /** How many there are, expired ones too. */
  get size(): number {
    return this.#sessions.size
  }

  read(id: string): Promise<SessionData | undefined> {
    const found = this.#sessions.get(id)
    if (found === undefined || found.expires.getTime() <= Date.now()) return Promise.resolve(undefined)
    return Promise.resolve(structuredClone(found.data))
  }

  write(id: string, data: SessionData, expires: Date, isNew: boolean): Promise<void> {
    if (isNew || this.#sessions.has(id)) this.#sessions.set(id, { data: structuredClone(data), expires })
    return Promise.resolve()
  }

  remove(id: string): Promise<void> {
    this.#sessions.delete(id)
    return Promise.resolve()
  }
}

/** A form that nobody sends within this time has to be loaded again. */
const ANONYMOUS_TTL_MS = 2 * 60 * 60 * 1000

/** What {@link StoredSessions} needs. */
export interface StoredSessionsOptions {
  readonly store: SessionStore
  readonly ttlMs: number
  readonly secure: boolean
}

/** Our store in the form that @fastify/session calls. */
export class StoredSessions implements FastifySessionStore {
  readonly #store: SessionStore
  readonly #ttlMs: number
  readonly #secure: boolean

  constructor({ store, ttlMs, secure }: StoredSessionsOptions) {
    this.#store = store
    this.#ttlMs = ttlMs
    this.#secure = secure
  }

  get(sessionId: string, callback: (error: unknown, session?: Session) => void): void {
    this.#store.read(hashOf(sessionId)).then(
      (data) => {
        if (data === undefined) callback(null)
        else callback(null, { ...data, aldisStored: true, cookie: { originalMaxAge: this.#ttlMs } })
      },
      (error: unknown) => callback(error),
    )
  }

  set(sessionId: string, session: Session, callback: (error?: unknown) => void): void {
    this.#write(hashOf(sessionId), session).then(
      () => callback(),
      (error: unknown) => callback(error),
    )
  }

  destroy(sessionId: string, callback: (error?: unknown) => void): void {
    this.#store.remove(hashOf(sessionId)).then(
      () => callback(),
      (error: unknown) => callback(error),
    )
  }

  async #write(id: string, session: Session): Promise<void> {
    const data = dataOf(session)
    const isNew = session.aldisStored !== true
    if (Object.keys(data).length === 0) {
      // Nothing to remember. A session that is only just made was never kept.
      if (!isNew) await this.#store.remove(id)
      return
    }
    // Whoever opens a form has a session: those that nobody logs in with do not stay for long.
    const ttlMs = data.userId === undefined ? Math.min(this.#ttlMs, ANONYMOUS_TTL_MS) : this.#ttlMs
    const expires = new Date(Date.now() + ttlMs)
    await this.#store.write(id, data, expires, isNew)
    session.cookie.expires = expires
    // Said only now, on the way to the cookie: told before, @fastify/session sends none where a proxy ends TLS.
    session.cookie.secure = this.#secure
  }
}

function dataOf({ userId, flash, _csrf }: Session): SessionData {
  return {
    ...(userId !== undefined && { userId }),
    ...(flash !== undefined && { flash }),
    ...(_csrf !== undefined && { _csrf }),
  }
}

function hashOf(sessionId: string): string {
  return createHash('sha256').update(sessionId).digest('hex')
}
