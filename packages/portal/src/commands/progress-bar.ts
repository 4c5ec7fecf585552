import type { CommandContext } from '@aldis/core'

const WIDEST = 40

/** Shows how far a command is, on stderr, where a person watches it. */
export class ProgressBar {
  readonly #total: number
  readonly #write: ((text: string) => void) | undefined
  readonly #width: number

  constructor(total: number, { stderr, isTTY, columns }: CommandContext) {
    this.#total = total
    this.#write = isTTY ? stderr : undefined
    this.#width = Math.max(1, Math.min(WIDEST, columns - `[] ${total}/${total}`.length - 1))
  }

  /** `done` of the total are done. */
  show(done: number): void {
    const filled = this.#total === 0 ? this.#width : Math.round((done / this.#total) * this.#width)
    const bar = '#'.repeat(filled).padEnd(this.#width, '.')
    this.#write?.(`\r[${bar}] ${done}/${this.#total}`)
  }

  /** Take the bar away. */
  end(): void {
    this.#write?.('\r\u001B[K')
  }
}
