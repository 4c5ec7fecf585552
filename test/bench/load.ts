import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

import type { Load } from './load-generator.ts'

const LoadResult = z.object({ answers: z.number().positive(), elapsedMs: z.number().positive() })

/** Another process that puts loads on servers, one after another. */
export interface LoadGenerator extends Disposable {
  answersTo(load: Load): Promise<z.infer<typeof LoadResult>>
}

export function startLoadGenerator(): LoadGenerator {
  const generator = fork(fileURLToPath(new URL('load-generator.ts', import.meta.url)))
  return {
    async answersTo(load) {
      const answered = Promise.withResolvers<unknown>()
      const ended = (): void => answered.reject(new Error('The load generator ended.'))
      generator.once('message', answered.resolve)
      generator.once('exit', ended)
      generator.send(load)
      try {
        return LoadResult.parse(await answered.promise)
      } finally {
        generator.off('exit', ended)
      }
    },
    [Symbol.dispose]: () => generator.disconnect(),
  }
}
