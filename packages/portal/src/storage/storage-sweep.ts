import type { Logger } from '@aldis/core'
import { em } from '@aldis/models'
import type { FastifyInstance } from 'fastify'

import { Resource } from '../entities/resource.ts'
import type { FileStorage } from './file-storage.ts'

const HOUR_MS = 60 * 60 * 1000

/** Longer than any upload, and what is done with it, takes. */
const OLD_MS = 24 * HOUR_MS

/** What a sweep works with. */
interface SweepTools {
  readonly storage: FileStorage
  readonly logger: Logger
}

/** Remove the files that no resource has, of uploads that a crash broke off, when `app` is ready and every hour until it closes. */
export function sweepStorage(app: FastifyInstance, tools: SweepTools): void {
  let last = Promise.resolve()
  const begin = (): void => void (last = last.then(() => sweep(tools)))
  let timer: NodeJS.Timeout | undefined
  app.addHook('onReady', (done) => {
    begin()
    timer = setInterval(begin, HOUR_MS).unref()
    done()
  })
  app.addHook('onClose', async () => {
    clearInterval(timer)
    await last
  })
}

async function sweep({ storage, logger }: SweepTools): Promise<void> {
  try {
    const removed = await storage.sweep({ known: knownFiles, olderThanMs: OLD_MS })
    if (removed > 0) logger.info({ removed }, 'files that no resource has were removed')
  } catch (error) {
    logger.warn({ err: error }, 'the storage could not be swept; it will be tried again in an hour')
  }
}

async function knownFiles(ids: readonly string[]): Promise<ReadonlySet<string>> {
  const resources = await em().find(Resource, { fileId: { $in: [...ids] } }, { fields: ['fileId'] })
  return new Set(resources.flatMap(({ fileId }) => fileId ?? []))
}
