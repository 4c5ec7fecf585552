import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { requiredNames } from './support/requirements.ts'
import { TallyReporter } from './support/tally-reporter.ts'

// A misspelt ALDIS_REQUIRE must end the run before it starts, not pass by requiring nothing.
requiredNames()

// Packages are tested from their sources: a failing test points at the line that was written.
// The list replaces vite's own, so its defaults for Node are named too.
const conditions = ['@aldis/source', 'module', 'node', 'development|production']

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'plugins/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', 'test/.tmp/**'],
    globalSetup: ['test/support/temporary-folder.ts', 'test/support/shared-postgres.ts'],
    pool: 'forks',
    // Those that kill processes and break connections mostly wait, for leases to end.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Garbage collection is part of the contract of signals, so tests must be able to ask for it.
    execArgv: ['--expose-gc'],
    // A machine that runs many files at once stands still for seconds.
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    reporters: ['default', new TallyReporter()],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts', 'plugins/*/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts'],
      reporter: ['text', 'html'],
      reportsDirectory: 'coverage',
    },
  },
})
