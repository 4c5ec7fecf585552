import { once } from 'node:events'
import { connect } from 'node:net'
import { createInterface } from 'node:readline'

import { expect, test } from 'vitest'

import { startSmtpServer } from './smtp-server.ts'

const plain = [
  'From: "Ann Leaf" <ann@example.org>',
  'To: bo@example.org',
  'Subject: =?utf-8?q?Caf=C3=A9?=',
  'X-Kind: invite',
  '',
  'Come in.',
]
const both = [
  'From: ann@example.org',
  'Subject: Both',
  'Content-Type: multipart/alternative; boundary=leaf',
  '',
  '--leaf',
  'Content-Type: text/plain',
  '',
  'Come in.',
  '--leaf',
  'Content-Type: text/html',
  '',
  '<p>Come in.</p>',
  '--leaf--',
]

test('keeps each mail, read: addresses, subject, both texts and headers', async () => {
  await using server = await startSmtpServer()

  await deliver(server.url, plain)
  await deliver(server.url, both)

  expect(server.mails).toMatchObject([
    {
      from: '"Ann Leaf" <ann@example.org>',
      to: ['bo@example.org'],
      subject: 'Café',
      text: 'Come in.\n',
      html: '',
    },
    { from: 'ann@example.org', subject: 'Both', text: 'Come in.', html: '<p>Come in.</p>' },
  ])
  expect(server.mails[0]?.headers.get('x-kind')).toBe('invite')
})

test('hands out each mail once, in order, whether it came before the question or after', async () => {
  await using server = await startSmtpServer()
  await deliver(server.url, plain)

  const subjects = [server.nextMail(), server.nextMail(), server.nextMail()].map(
    async (mail) => (await mail).subject,
  )
  await deliver(server.url, both)
  await deliver(server.url, plain)

  expect(await Promise.all(subjects)).toEqual(['Café', 'Both', 'Café'])
})

test('answers with the error that the test wants, until it wants none', async () => {
  await using server = await startSmtpServer()

  server.failWith(451)
  expect(await deliver(server.url, plain)).toMatch(/^451 /)
  server.failWith(550)
  expect(await deliver(server.url, plain)).toMatch(/^550 /)
  expect(server.mails).toEqual([])

  server.failWith(null)
  expect(await deliver(server.url, plain)).toMatch(/^250 /)
  expect(server.mails).toHaveLength(1)
})

test('takes mail only from the user it was told of', async () => {
  await using server = await startSmtpServer({ user: 'portal', password: 'p@ss' })

  expect(new URL(server.url)).toMatchObject({ username: 'portal', password: 'p%40ss' })
  expect(await deliver(server.url, plain)).toMatch(/^250 /)
  expect(await deliver(server.url.replace('p%40ss', 'wrong'), plain)).toMatch(/^535 /)
  expect(await deliver(server.url.replace('portal:p%40ss@', ''), plain)).toMatch(/^530 /)
})

test('stops at once, also with a client connected', async () => {
  const server = await startSmtpServer()
  const client = connect(Number(new URL(server.url).port), '127.0.0.1')
  await once(client, 'data')

  await server.stop()

  await expect(deliver(server.url, plain)).rejects.toThrow('ECONNREFUSED')
})

/** The last answer of the server to a client that goes on until it is refused or has sent its mail. */
async function deliver(url: string, mail: readonly string[]): Promise<string> {
  const { port, username, password } = new URL(url)
  const socket = connect(Number(port), '127.0.0.1')
  await once(socket, 'connect')
  const secret = Buffer.from(`\0${username}\0${decodeURIComponent(password)}`).toString('base64')
  const steps = [
    'EHLO client.example.org',
    ...(username === '' ? [] : [`AUTH PLAIN ${secret}`]),
    'MAIL FROM:<ann@example.org>',
    'RCPT TO:<bo@example.org>',
    'DATA',
    [...mail, '.'].join('\r\n'),
  ]
  for await (const answer of createInterface({ input: socket })) {
    if (answer[3] === '-') continue
    const step = answer.startsWith('2') || answer.startsWith('3') ? steps.shift() : undefined
    if (step === undefined) {
      socket.destroy()
      return answer
    }
    socket.write(`${step}\r\n`)
  }
  throw new Error('The server hung up without an answer.')
}
