import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import MimeNode from 'nodemailer/lib/mime-node'

import type { Mail } from './mailer.ts'

/** Keeps mails as files that mail programs open, and that people can read as they are. */
export class MailFolder {
  readonly #folder: string
  readonly #from: string
  #count = 0

  constructor(folder: string, from: string) {
    this.#folder = folder
    this.#from = from
  }

  /** Write `mail` to a new file that this user alone can read, and return its path. Names sort by time. */
  async write(mail: Mail): Promise<string> {
    const written = new Date().toISOString().replaceAll(/[-:]/g, '')
    const count = String(++this.#count).padStart(6, '0')
    const file = join(this.#folder, `${written}-${count}-${randomUUID().slice(0, 8)}.eml`)
    const message = await this.#compose(mail)
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const unfinished = `${file}.part`
    try {
      await writeFile(unfinished, message, { flag: 'wx', mode: 0o600 })
      await rename(unfinished, file)
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
    return file
  }

  /** The texts go in as they are: an encoding for transport would break links into pieces. */
  async #compose({ to, subject, text, html, headers }: Mail): Promise<Buffer> {
    const message = new MimeNode('multipart/alternative', { newline: 'unix' })
    message.addHeader({ ...headers })
    message.setHeader({ from: this.#from, to: [{ name: '', address: to }], subject })
    message.createChild('text/plain').setRaw(textPart('text/plain', text))
    if (html !== undefined) message.createChild('text/html').setRaw(textPart('text/html', html))
    return message.build()
  }
}

function textPart(type: string, text: string): string {
  return `Content-Type: ${type}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${text}\n`
}
