/** Somebody who uses the portal's pages as a browser without JavaScript does: with cookies, links and forms. */

/** What came back. */
interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export class PageVisitor {
  readonly #url: string
  readonly #cookies = new Map<string, string>()

  constructor(url: string) {
    this.#url = url
  }

  /** The cookies, as the browser sends them. */
  get cookie(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  /** Ask for a page. Redirections are not followed. */
  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#fetch(path, { headers })
  }

  /** Open the page `page` for its form's token, and send `fields` to `path`. */
  async submit(path: string, fields: Record<string, string | Blob>, page = path): Promise<Answer> {
    const { text } = await this.get(page)
    const token = /name="_csrf"\s+value="([^"]+)"/.exec(text)?.[1] ?? ''
    return this.post(path, { _csrf: token, ...fields })
  }

  /** Send `fields` to `path` as they are: as multipart, if there is a file. */
  post(path: string, fields: Record<string, string | Blob>): Promise<Answer> {
    const withFile = Object.values(fields).some((value) => typeof value !== 'string')
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    const texts = Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : '',
    ])
    return this.#fetch(path, { method: 'POST', body: withFile ? form : new URLSearchParams(texts) })
  }

  /** Register as `name`, and be logged in. */
  async register(name: string, password = 'correct123'): Promise<Answer> {
    const fields = {
      name,
      email: `${name}@example.org`,
      fullname: '',
      password1: password,
      password2: password,
    }
    return this.submit('/user/register', fields)
  }

  async #fetch(path: string, init: RequestInit): Promise<Answer> {
    const headers = new Headers(init.headers)
    if (this.cookie !== '') headers.set('cookie', this.cookie)
    const response = await fetch(this.#url + path, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      this.#cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
}
