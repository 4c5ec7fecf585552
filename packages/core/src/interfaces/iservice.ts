import { defineInterface, type Interface } from '../interface.ts'

/** Implemented by plugins that open what answering a call needs: a database, a mail transport. */
export interface IStartable {
  /**
   * Open it. Register what closes it with `context.resources`; the host
   * disposes these in reverse order when it stops.
   */
  start(): void | Promise<void>
}

export const IStartable: Interface<IStartable> = defineInterface<IStartable>('aldis:IStartable', ['start'])

/** Implemented by plugins that keep going while the host serves: a listening server, a worker. */
export interface IService {
  /**
   * Serve until `signal` is aborted, then finish what runs and return. Call
   * `ready` once the service answers, with the address people can open where there is one.
   */
  serve(signal: AbortSignal, ready: (address?: string) => void): Promise<void>
}

export const IService: Interface<IService> = defineInterface<IService>('aldis:IService', ['serve'])
