import type { Settings } from './settings.ts'

/** The site as its pages and answers name it. */
export interface Site {
  readonly title: string
  readonly description: string
  readonly locale: string
  /** Where people reach it, without a slash at the end. */
  readonly url: string
}

/** The site that `settings` describe. Without a URL of its own it is where it listens, once it does. */
export class ListeningSite implements Site {
  readonly #settings: Settings
  #address = ''

  constructor(settings: Settings) {
    this.#settings = settings
  }

  get title(): string {
    return this.#settings.title
  }

  get description(): string {
    return this.#settings.description
  }

  get locale(): string {
    return this.#settings.locale
  }

  get url(): string {
    return this.#settings.siteUrl ?? this.#address
  }

  /** The site listens at `address` now. */
  listensAt(address: string): void {
    this.#address = address
  }
}
