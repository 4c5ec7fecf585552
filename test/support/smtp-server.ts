/** A mail server on this machine that keeps what it is sent, for tests that send mail. */
import { once } from 'node:events'
import type { Socket } from 'node:net'

import { simpleParser, type Headers } from 'mailparser'
import { SMTPServer } from 'smtp-server'

interface ReceivedMail {
  /** As the header has it: `Ann <ann@example.org>`. */
  readonly from: string
  /** The addresses that the mail was delivered to, from its envelope. */
  readonly to: readonly string[]
  readonly subject: string
  /** Empty when the mail has no such part. */
  readonly text: string
  /** Empty when the mail has no such part. */
  readonly html: string
  /** By lower-case name, as mailparser reads them. */
  readonly headers: Headers
}

export interface TestSmtpServer extends AsyncDisposable {
  /** `smtp://127.0.0.1:port`, with user and password in it when the server asks for them. */
  readonly url: string
  /** Every mail it took, in order. */
  readonly mails: readonly ReceivedMail[]
  /** The first mail that no earlier call got; waits for it to arrive. */
  nextMail(): Promise<ReceivedMail>
  /** From now on answer each mail with the error `code`, 4xx or 5xx, and keep none; `null` takes mail again. */
  failWith(code: number | null): void
  /** Stop listening and cut off whoever is connected. */
  stop(): Promise<void>
}

/** Start a mail server without TLS on a free port of 127.0.0.1; with `login`, it takes mail from that user alone. */
export async function startSmtpServer(login?: {
  readonly user: string
  readonly password: string
}): Promise<TestSmtpServer> {
  const mails: ReceivedMail[] = []
  const waiting: ((mail: ReceivedMail) => void)[] = []
  let given = 0
  let failure: number | null = null

  const keep = (mail: ReceivedMail): void => {
    mails.push(mail)
    const resolve = waiting.shift()
    if (resolve === undefined) return
    given += 1
    resolve(mail)
  }
  const server = new SMTPServer({
    disabledCommands: login === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
    allowInsecureAuth: true,
    disableReverseLookup: true,
    onAuth({ username, password }, _session, done) {
      if (username === login?.user && password === login?.password) done(null, { user: username })
      else done(new Error('Not the user or not the password.'))
    },
    async onData(stream, { envelope }, done) {
      try {
        const mail = await simpleParser(stream, { skipHtmlToText: true, skipImageLinks: true })
        if (failure !== null) {
          done(Object.assign(new Error('The test wants this mail to fail.'), { responseCode: failure }))
          return
        }
        keep({
          from: mail.from?.text ?? '',
          to: envelope.rcptTo.map(({ address }) => address),
          subject: mail.subject ?? '',
          text: mail.text ?? '',
          html: mail.html === false ? '' : mail.html,
          headers: mail.headers,
        })
        done()
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)))
      }
    },
  })
  // A client that hangs up in the middle is the client's affair.
  server.on('error', () => undefined)
  const listening = server.listen(0, '127.0.0.1')
  const sockets = new Set<Socket>()
  listening.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(listening, 'listening')
  const address = listening.address()
  if (address === null || typeof address === 'string') throw new Error('The port has no number.')
  const url = new URL(`smtp://127.0.0.1:${address.port}`)
  url.username = login?.user ?? ''
  url.password = login?.password ?? ''
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  return {
    url: url.href,
    mails,
    nextMail() {
      const mail = mails[given]
      if (mail === undefined) return new Promise((resolve) => waiting.push(resolve))
      given += 1
      return Promise.resolve(mail)
    },
    failWith(code) {
      failure = code
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
