/** The portal's mailer against a real mail server. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'

import { silentLogger } from '@aldis/core'
import { createMailer, type MailerOptions } from '@aldis/portal'
import { afterEach, expect, test, vi } from 'vitest'

import { startSmtpServer } from './support/smtp-server.ts'

const mail = {
  to: 'ann@example.org',
  subject: 'Reset',
  text: 'https://data.example.org/user/reset/1?key=abc',
}

function optionsFor(url: string): MailerOptions {
  return { url, from: 'Data portal <portal@example.org>', folder: '/nowhere', logger: silentLogger }
}

async function failureOf(sent: Promise<void>): Promise<unknown> {
  return sent.then(
    () => 'sent',
    (error: unknown) => error,
  )
}

afterEach(() => {
  vi.useRealTimers()
})

test('a mail arrives as it was written', async () => {
  await using server = await startSmtpServer()
  const mailer = createMailer(optionsFor(server.url))
  await mailer.send({
    ...mail,
    subject: 'Grüße aus dem Portal',
    text: `Grüße\n\n${mail.text}`,
    html: `<p>Grüße</p>`,
    headers: { 'X-Portal': 'yes' },
  })

  const received = await server.nextMail()
  expect(received).toMatchObject({ to: ['ann@example.org'], subject: 'Grüße aus dem Portal' })
  expect(received.html).toContain('<p>Grüße</p>')
  expect(received.from).toContain('portal@example.org')
  expect(received.text).toContain(`Grüße\n\n${mail.text}`)
  expect(received.headers.get('x-portal')).toBe('yes')
})

test('line breaks in subject and headers add nobody to those who get the mail', async () => {
  await using server = await startSmtpServer()
  const mailer = createMailer(optionsFor(server.url))
  await mailer.send({
    ...mail,
    subject: 'Reset\r\nBcc: eve@example.org\r\n\r\nbody',
    headers: { 'X-A': 'x\r\nBcc: eve@example.org', 'X-B\r\nBcc': 'eve@example.org' },
  })
  const to = `${mail.to}\r\nRCPT TO:<eve@example.org>`
  await expect(mailer.send({ ...mail, to })).rejects.toMatchObject({ code: 'MAIL_FAILED' })

  const received = await server.nextMail()
  expect(received.to).toEqual(['ann@example.org'])
  expect(received.headers.has('bcc')).toBe(false)
  expect(received.subject).toMatch(/^Reset Bcc: eve@example\.org +body$/)
  expect(received.text.trim()).toBe(mail.text)
  expect(server.mails).toHaveLength(1)
})

test('user and password of the URL are used, percent-encoded or not', async () => {
  await using server = await startSmtpServer({ user: 'ann@portal', password: 'p/a:s@s' })
  await createMailer(optionsFor(server.url)).send(mail)
  expect(server.mails).toHaveLength(1)
})

test('a refused password is a failure that holds neither the password nor the mail', async () => {
  await using server = await startSmtpServer({ user: 'ann', password: 'right' })
  const url = server.url.replace('right', 'wr0ng-one')
  const error = await failureOf(createMailer(optionsFor(url)).send(mail))

  expect(error).toMatchObject({ code: 'MAIL_FAILED', to: 'ann@example.org' })
  expect(String(error)).toMatch(/could not be sent: the mail server answered 535.* to AUTH /)
  expect(everythingIn(error)).not.toMatch(/wr0ng-one|reset\/1/)
})

test.each([451, 550])(
  'a mail that the server answers with %i is a failure, and the next one is sent',
  async (code) => {
    await using server = await startSmtpServer()
    const mailer = createMailer(optionsFor(server.url))
    server.failWith(code)
    const error = await failureOf(mailer.send(mail))
    expect(error).toMatchObject({
      code: 'MAIL_FAILED',
      message: `The mail to "ann@example.org" could not be sent: the mail server answered ${code} to DATA.`,
    })

    server.failWith(null)
    await mailer.send(mail)
    expect(server.mails).toHaveLength(1)
  },
)

test('a server that says nothing is given up after ten seconds', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const sockets: Socket[] = []
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  let error: unknown
  void failureOf(createMailer(optionsFor(`smtp://127.0.0.1:${port}`)).send(mail)).then(
    (reason) => (error = reason),
  )
  await once(server, 'connection')
  await vi.waitFor(
    () => {
      vi.advanceTimersByTime(1_000)
      expect(error).toMatchObject({ code: 'MAIL_FAILED' })
    },
    { timeout: 10_000 },
  )
  expect(String(error)).toContain('Greeting never received')

  for (const socket of sockets) socket.destroy()
  server.close()
})

test('close waits for the mail that is being sent', async () => {
  await using server = await startSmtpServer()
  const mailer = createMailer(optionsFor(server.url))
  const sent = mailer.send(mail)
  await mailer.close()
  expect(server.mails).toHaveLength(1)
  await sent
})

/** What a log would print of `error`, and more. */
function everythingIn(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true })
}
