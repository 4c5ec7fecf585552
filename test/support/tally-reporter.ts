/**
 * Ends a run with what was left out and, as the very last line, `N passed, N failed, N skipped`.
 *
 * CI and people read that line. It counts what could not even be counted as a test: a test file that
 * fails to import, a hook that throws and an error outside any test are failures, not silence.
 */
import type { Reporter, TestCase, TestModule, TestRunEndReason, TestSuite, Vitest } from 'vitest/node'

interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** One line per thing left out, with the reason, each once. */
  readonly leftOut: readonly string[]
}

export class TallyReporter implements Reporter {
  readonly #print: (line: string) => void
  #filtered = false

  constructor(print: (line: string) => void = console.log) {
    this.#print = print
  }

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandledErrors: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    const tally = tallyOf(modules, unhandledErrors.length)
    // `vitest -t name` skips all the rest by intention; a line for each would bury the result.
    if (!this.#filtered) for (const line of tally.leftOut) this.#print(line)
    if (reason === 'interrupted') this.#print('interrupted: the figures below are of the tests that ran')
    this.#print(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`)
  }
}

/** Count `modules`; `strayErrors` are errors that belong to no test, each a failure of its own. */
function tallyOf(modules: readonly TestModule[], strayErrors: number): Tally {
  let passed = 0
  let failed = strayErrors
  let skipped = 0
  const leftOut = new Set<string>()

  for (const module of modules) {
    // Errors of a module or suite itself: a failed import, a throwing beforeAll or afterAll.
    failed += [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      else if (state === 'failed') failed += 1
      else {
        skipped += 1
        leftOut.add(reasonOf(test))
      }
    }
  }
  return { passed, failed, skipped, leftOut: [...leftOut] }
}

/** The line for a test that did not run: the requirement it lacks, or the reason its author gave. */
function reasonOf(test: TestCase): string {
  for (let task: TestCase | TestSuite | TestModule = test; task.type !== 'module'; task = task.parent) {
    const { leftOut } = task.meta()
    if (leftOut !== undefined) return leftOut
  }
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return `skipped: ${test.module.relativeModuleId}: ${test.fullName} (${note ?? 'no reason given'})`
}
