import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

import type { FastifyInstance } from 'fastify'

/** The files that pages link to, by what they are. Their paths change with their content. */
interface Assets {
  readonly styleSheet: Asset
  readonly icon: Asset
}

/** A file of the folder `assets`. */
interface Asset {
  readonly path: string
  readonly type: string
  readonly content: Buffer
}

/** Read once, when the first page is imported. */
export const assets: Assets = {
  styleSheet: readAsset('portal', 'css', 'text/css; charset=utf-8'),
  icon: readAsset('portal', 'svg', 'image/svg+xml'),
}

function readAsset(name: string, extension: string, type: string): Asset {
  const content = readFileSync(new URL(`../assets/${name}.${extension}`, import.meta.url))
  const version = createHash('sha256').update(content).digest('hex').slice(0, 8)
  return { path: `/assets/${name}.${version}.${extension}`, type, content }
}

/** Serve the files. A browser may keep them for ever. One that shows no page asks for the icon by a name of its own. */
export function serveAssets(app: FastifyInstance): void {
  app.get('/favicon.ico', { config: { session: false } }, (_request, reply) => {
    reply.redirect(assets.icon.path)
  })
  for (const { path, type, content } of [assets.styleSheet, assets.icon]) {
    app.get(path, { config: { session: false } }, (_request, reply) => {
      reply
        .header('content-type', type)
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('x-content-type-options', 'nosniff')
        .send(content)
    })
  }
}
