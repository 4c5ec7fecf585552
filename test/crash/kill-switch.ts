import type { CrashPlan } from './crash-plan.ts'
import { ANY_STATEMENT, kindOf, type NamedPoint, type StatementKind } from './kill-points.ts'
import { tapStatements } from './statement-tap.ts'

/** Ends this process without a word when a point has been reached often enough. */
export class KillSwitch {
  readonly #point: NamedPoint | typeof ANY_STATEMENT | undefined
  #left: number
  #armed = false
  /** Something has committed since the last claim, so that the next one finds something. */
  #due = false

  constructor(kill: CrashPlan['kill']) {
    this.#point = kill?.point
    this.#left = kill?.hit ?? 0
    if (kill === undefined) return
    tapStatements({
      before: (sql) => {
        this.reach(ANY_STATEMENT)
        this.#reachBefore(kindOf(sql))
      },
      after: (sql, found) => this.#reachAfter(kindOf(sql), found),
    })
  }

  /** From now on points count. */
  arm(): void {
    this.#armed = true
  }

  reach(point: NamedPoint | typeof ANY_STATEMENT): void {
    if (!this.#armed || point !== this.#point) return
    this.#left -= 1
    if (this.#left === 0) process.kill(process.pid, 'SIGKILL')
  }

  #reachBefore(kind: StatementKind | undefined): void {
    if (kind === undefined || (kind === 'claim' && !this.#due)) return
    this.reach(`before ${kind}`)
  }

  #reachAfter(kind: StatementKind | undefined, found = this.#due): void {
    if (kind === undefined) return
    // On a server, a claim that was on its way before the commit may find nothing and be answered after it, or the reverse.
    if (kind !== 'claim' || found) this.reach(`after ${kind}`)
    if (kind === 'commit') this.#due = true
    if (kind === 'claim') this.#due = false
  }
}
