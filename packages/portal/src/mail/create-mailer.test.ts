import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { silentLogger, type Logger } from '@aldis/core'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { createMailer, type OwnMailer } from './create-mailer.ts'

const FROM = 'Data portal <portal@example.org>'
const LINK = `https://data.example.org/user/reset/${'0123456789'.repeat(4)}?key=${'abcdef'.repeat(6)}`

let folder = ''
let lines: { fields: object; message?: string }[] = []
const logger: Logger = {
  ...silentLogger,
  info: (fields, message) => lines.push({ fields, ...(message !== undefined && { message }) }),
}

beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), 'aldis-mail-')), 'mail')
  lines = []
})

afterEach(async () => {
  await rm(join(folder, '..'), { recursive: true, force: true })
})

describe('without a mail server', () => {
  let mailer: OwnMailer
  beforeEach(() => {
    mailer = createMailer({ from: FROM, folder, logger })
  })

  async function mails(): Promise<string[]> {
    const names = (await readdir(folder)).toSorted((a, b) => a.localeCompare(b))
    return Promise.all(names.map(async (name) => readFile(join(folder, name), 'utf8')))
  }

  test('a mail is in a file of its own, readable by this user alone, with its link in one piece', async () => {
    await mailer.send({
      to: 'ann@example.org',
      subject: 'Grüße',
      text: `Grüße,\n\n${LINK}\n`,
      html: `<p>Grüße</p><a href="${LINK}">reset</a>`,
      headers: { 'X-Portal': 'yes' },
    })
    const [mail = ''] = await mails()
    const [name = ''] = await readdir(folder)

    expect(name).toMatch(/^\d{8}T\d{6}\.\d{3}Z-\d{6}-[\da-f]{8}\.eml$/)
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    expect(mail).toMatch(/^From: Data portal <portal@example\.org>$/m)
    expect(mail).toMatch(/^To: ann@example\.org$/m)
    expect(mail).toMatch(/^X-Portal: yes$/m)
    expect(mail).toContain(`Grüße,\n\n${LINK}\n`)
    expect(mail).toContain(`<a href="${LINK}">`)
  })

  test('the log says to whom, about what and in which file, and not what the mail says', async () => {
    await mailer.send({ to: 'ann@example.org', subject: 'Reset', text: LINK })
    const [name = ''] = await readdir(folder)

    expect(lines).toEqual([
      {
        fields: { to: 'ann@example.org', subject: 'Reset', file: join(folder, name) },
        message: 'there is no mail server, the mail is in a file',
      },
    ])
  })

  test('the names of the files sort as the mails were sent', async () => {
    for (let count = 10; count < 40; count++) {
      await mailer.send({ to: 'ann@example.org', subject: `number ${count}`, text: 'text' })
    }
    const subjects = (await mails()).map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1])
    expect(subjects).toEqual(Array.from({ length: 30 }, (_, index) => `number ${index + 10}`))
  })

  test('line breaks begin no header', async () => {
    await mailer.send({
      to: 'ann@example.org',
      subject: 'Reset\r\nBcc: eve@example.org\n\nbody',
      text: 'text',
      headers: { 'X-A\r\nBcc': 'x', 'X-B': 'y\r\nBcc: eve@example.org' },
    })
    const [mail = ''] = await mails()
    const [head = ''] = mail.split('\n\n')

    expect(head).not.toMatch(/^bcc/im)
    expect(head).toMatch(/^Subject: Reset Bcc: eve@example\.org +body$/m)
    expect(mail.match(/^Subject:/gm)).toHaveLength(1)
  })

  test('a header of the caller does not replace whom the mail is to and from', async () => {
    const headers = { To: 'eve@example.org', From: 'eve@example.org' }
    await mailer.send({ to: 'ann@example.org', subject: 'Reset', text: 'text', headers })
    expect((await mails())[0]).not.toContain('eve')
  })

  test('a folder that cannot be written to is a failure with the reason and without the mail', async () => {
    await writeFile(folder, 'a file')
    const sent = mailer.send({ to: 'ann@example.org', subject: 'Reset', text: LINK })
    const error: unknown = await sent.catch((reason: unknown) => reason)

    expect(error).toMatchObject({ code: 'MAIL_FAILED', to: 'ann@example.org' })
    expect(String(error)).toContain(basename(folder))
    expect(String(error)).not.toContain(LINK)
  })

  test('close waits for the mails that are being written', async () => {
    const sent = mailer.send({ to: 'ann@example.org', subject: 'Reset', text: 'text' })
    await mailer.close()
    expect(await mails()).toHaveLength(1)
    await sent
  })
})

test.each([
  '',
  'ann',
  'ann@example.org\r\nBcc: eve@example.org',
  'ann@example.org, eve@example.org',
  'Ann <ann@example.org>',
  'ann@example.org eve@example.org',
  '"ann@example.org"@example.com',
])('the recipient %j is refused', async (to) => {
  const mailer = createMailer({ from: FROM, folder, logger })
  const sent = mailer.send({ to, subject: 'Reset', text: 'text' })
  await expect(sent).rejects.toMatchObject({ code: 'MAIL_FAILED', to })
  expect(lines).toEqual([])
})

describe('with a mail server', () => {
  test.each([
    'mail.example.org',
    'http://u:secret@example.org',
    'smtp://',
    'smtp://u:%zz-secret@example.org',
    '',
  ])('the URL %j is refused without its password', (url) => {
    let error: unknown
    try {
      createMailer({ url, from: FROM, folder, logger })
    } catch (thrown) {
      error = thrown
    }
    expect(error).toMatchObject({ code: 'MAIL_URL_INVALID' })
    expect(String(error)).not.toContain('secret')
  })

  test('a server that is not there is a failure without password and mail', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    await new Promise((resolve) => server.close(resolve))

    const mailer = createMailer({ url: `smtp://ann:pass-word@127.0.0.1:${port}`, from: FROM, folder, logger })
    const sent = mailer.send({ to: 'ann@example.org', subject: 'Reset', text: LINK })
    const error: unknown = await sent.catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'MAIL_FAILED', message: expect.stringContaining('ECONNREFUSED') })
    expect(JSON.stringify([error, String(error)])).not.toMatch(/pass-word|reset/)
  })
})
