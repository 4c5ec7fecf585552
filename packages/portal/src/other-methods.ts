import type { FastifyInstance, HTTPMethods } from 'fastify'

import type { ErrorAnswers } from './error-answers.ts'

/**
 * Answer every method that a path of `app` does not have: OPTIONS with the ones it
 * has, others with 405. Call it before the first route; it acts when all are there.
 */
export function answerOtherMethods(app: FastifyInstance, answers: ErrorAnswers): () => void {
  const methodsByUrl = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = methodsByUrl.get(url) ?? new Set()
    for (const one of [method].flat()) known.add(one)
    methodsByUrl.set(url, known)
  })

  return () => {
    const supported: HTTPMethods[] = app.supportedMethods
    for (const [url, known] of methodsByUrl) {
      const allow = [...known, ...(known.has('OPTIONS') ? [] : ['OPTIONS'])].join(', ')
      app.route({
        url,
        method: supported.filter((method) => !known.has(method)),
        // Before the body is looked at: what is wrong with it does not matter here.
        onRequest: (request, reply, _done) => {
          reply.header('allow', allow)
          if (request.method === 'OPTIONS') reply.code(204).send()
          else
            answers.send(request, reply, {
              statusCode: 405,
              message: `${request.method} is not allowed here.`,
            })
        },
        handler: (_request, reply) => reply,
      })
    }
  }
}
