import type { FastifyInstance } from 'fastify'

import type { ErrorAnswers } from '../error-answers.ts'
import { aboutPages } from './about-page.ts'
import { adminPages } from './admin-pages.ts'
import { datasetPages } from './dataset-routes.ts'
import { homePages } from './home-page.ts'
import { loginPages } from './login-pages.ts'
import { organizationPages } from './organization-pages.ts'
import { registerPages } from './register-page.ts'
import { resetPages } from './reset-pages.ts'
import { Pages } from './pages.ts'
import { SignalLog } from './signal-log.ts'
import { userPages } from './user-pages.ts'
import type { VisitTools } from './visit.ts'

/** Serve the portal's pages in `scope`, which has sessions. */
export function servePages(scope: FastifyInstance, tools: VisitTools, errors: ErrorAnswers): void {
  const pages = new Pages(scope, tools, errors)
  const log = new SignalLog((action) => tools.services.actions.find(action)?.sideEffectFree === true)
  scope.addHook('onClose', (_app, done) => {
    log[Symbol.dispose]()
    done()
  })
  aboutPages(pages)
  loginPages(pages)
  registerPages(pages)
  resetPages(pages)
  homePages(pages)
  datasetPages(pages)
  organizationPages(pages)
  userPages(pages)
  adminPages(pages, log)
}
