import type { FastifyInstance } from 'fastify'

import type { ErrorAnswers } from '../error-answers.ts'
import { aboutPages } from './about-page.ts'
import { homePages } from './home-page.ts'
import { loginPages } from './login-pages.ts'
import { registerPages } from './register-page.ts'
import { resetPages } from './reset-pages.ts'
import { Pages } from './pages.ts'
import type { VisitTools } from './visit.ts'

/** Serve the portal's pages in `scope`, which has sessions. */
export function servePages(scope: FastifyInstance, tools: VisitTools, errors: ErrorAnswers): void {
  const pages = new Pages(scope, tools, errors)
  aboutPages(pages)
  loginPages(pages)
  registerPages(pages)
  resetPages(pages)
  homePages(pages)
}
