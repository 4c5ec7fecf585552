/**
 * The thirteen core signals, each with what makes the portal send it: over HTTP, as clients and browsers do. For tests
 * that go through all of them.
 */
import { signals, type PluginDefinition } from '@aldis/core'
import { em } from '@aldis/models'
import { ApiToken, PasswordReset, PortalApplication, User } from '@aldis/portal'
import type { AnySignal } from '@aldis/signals'
import DatastorePlugin from 'aldis-plugin-datastore'
import { expect } from 'vitest'

import type { TestDatabase } from './databases.ts'
import { fieldOf } from './field-of.ts'
import { PageVisitor } from './page-visitor.ts'
import { callApi, portalCaller, type ApiAnswer, type PortalCaller } from './portal-caller.ts'
import { callWithFile } from './portal-upload.ts'
import { servePortal, type ServedPortal } from './served-portal.ts'
import { startSmtpServer, type TestSmtpServer } from './smtp-server.ts'

/** A portal with everything that sends core signals: the datastore, a mail server, a type of dataset. */
export interface Stage extends AsyncDisposable {
  readonly portal: ServedPortal
  readonly smtp: TestSmtpServer
  readonly caller: PortalCaller
  /** Passwords, tokens and keys that were used: no payload may have one. */
  readonly secrets: Set<string>
  /** Call an action over HTTP, as the sysadmin `root`. */
  ask(action: string, parameters: object): Promise<ApiAnswer>
  /** The URL of an uploaded file, and the id of its resource, in a public dataset or a private one. */
  upload(isPrivate?: boolean): Promise<{ readonly id: string; readonly url: string }>
  /** The id of a resource with a table, which has two rows. */
  table(): Promise<string>
  /** A user who is stored, with this password. */
  user(): Promise<{ readonly id: string; readonly name: string; readonly password: string }>
  /** Part of a name that nobody has yet. */
  unique(): string
}

export async function coreSignalStage(
  database: TestDatabase,
  plugins: readonly PluginDefinition[],
): Promise<Stage> {
  const smtp = await startSmtpServer()
  const caller = portalCaller()
  const needs = { version: '9.9.9', requires: { models: '*', portal: '*' } }
  const portal = await servePortal({
    database: await database.settings(),
    settings: { mailUrl: smtp.url },
    plugins: [
      caller.definition,
      ...plugins,
      { name: 'datastore', plugin: DatastorePlugin, ...needs },
      { name: 'fancy', plugin: { packageTypes: () => ['fancy_type'] } },
    ],
  })
  const token = await caller.userWithToken({ name: 'root', sysadmin: true })
  const secrets = new Set([token])
  let count = 0
  const unique = (): string => `${++count}-of-stage`
  const ask = (action: string, parameters: object): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)
  const dataset = async (isPrivate = false): Promise<string> => {
    const name = `dataset-${unique()}`
    if (isPrivate) await caller.call('organization_create', { name: `organization-${name}` })
    const owner = isPrivate ? { owner_org: `organization-${name}`, private: true } : {}
    await caller.call('package_create', { name, ...owner })
    return name
  }
  return {
    portal,
    smtp,
    caller,
    secrets,
    ask,
    unique,
    async upload(isPrivate) {
      const fields = { package_id: await dataset(isPrivate), name: 'Rivers' }
      const file = { content: 'a,b\n1,2\n', name: 'rivers.csv' }
      const { result } = await callWithFile(portal.url, 'resource_create', fields, file, token)
      return { id: String(fieldOf(result, 'id')), url: String(fieldOf(result, 'url')) }
    },
    async table() {
      const { result } = await ask('datastore_create', {
        resource: { package_id: await dataset() },
        fields: [{ id: 'a' }, { id: 'b' }],
        records: [
          { a: 1, b: 'x' },
          { a: 2, b: 'y' },
        ],
      })
      return String(fieldOf(result, 'resource_id'))
    },
    async user() {
      const [name, password] = [`user-${unique()}`, `pass-word-${unique()}`]
      secrets.add(password)
      const made = await caller.call('user_create', { name, email: `${name}@example.org`, password })
      return { id: String(fieldOf(made, 'id')), name, password }
    },
    async [Symbol.asyncDispose]() {
      await portal[Symbol.asyncDispose]()
      await smtp[Symbol.asyncDispose]()
    },
  }
}

/** What came of making a signal be sent. */
interface Happened {
  /** The status code of the answer that the client got, and the one it should get. */
  readonly status: readonly [answered: number, right: number]
  /** Who sent the signal with which payload, in order. */
  readonly sends: readonly (readonly [sender: unknown, payload: unknown])[]
}

/** A core signal and how it comes to be sent. */
export interface Moment {
  readonly signal: AnySignal
  /** Make all ready, call `begin`, and do what sends the signal. */
  happen(stage: Stage, begin: () => void): Promise<Happened>
  /** What a receiver finds that looks in the database for what it was told of; 1 when it is as it was told. */
  look?(sender: unknown, payload: unknown): Promise<number>
  /** It was sent when the portal was built. */
  readonly atBuild?: true
}

const text: unknown = expect.any(String)
const request = { id: text, method: 'GET', path: '/about', remoteAddress: text }

export const coreSignalMoments: readonly Moment[] = [
  // It comes first: those who begin to listen anew no longer have it.
  {
    signal: signals.registerBlueprint,
    atBuild: true,
    happen: async () => ({
      status: [200, 200],
      sends: [
        ['dataset', { blueprint: expect.objectContaining({ name: 'fancy_type' }) as unknown }],
        ['resource', { blueprint: expect.objectContaining({ name: 'fancy_type_resource' }) as unknown }],
      ],
    }),
  },
  {
    signal: signals.requestStarted,
    async happen(stage, begin) {
      begin()
      const { status } = await fetch(`${stage.portal.url}/about`)
      return { status: [status, 200], sends: [[application(stage), { request }]] }
    },
  },
  {
    signal: signals.requestFinished,
    async happen(stage, begin) {
      begin()
      const { status } = await fetch(`${stage.portal.url}/about?secret=1`)
      const response = { statusCode: 200, durationMs: expect.any(Number) as unknown }
      return { status: [status, 200], sends: [[application(stage), { request, response }]] }
    },
  },
  {
    signal: signals.resourceDownload,
    async happen(stage, begin) {
      const { id, url } = await stage.upload()
      begin()
      return { status: [(await fetch(url)).status, 200], sends: [[id, {}]] }
    },
  },
  {
    signal: signals.loggedIn,
    async happen(stage, begin) {
      const { id, name, password } = await stage.user()
      begin()
      const { status } = await logIn(stage, name, password)
      return { status: [status, 302], sends: [[application(stage), { user: { id, name } }]] }
    },
  },
  {
    signal: signals.loggedOut,
    async happen(stage, begin) {
      const { id, name, password } = await stage.user()
      const { visitor } = await logIn(stage, name, password)
      begin()
      const { status } = await visitor.submit('/user/_logout', {})
      return { status: [status, 302], sends: [[application(stage), { user: { id, name } }]] }
    },
  },
  {
    signal: signals.failedLogin,
    async happen(stage, begin) {
      const { name, password } = await stage.user()
      begin()
      const { status } = await logIn(stage, name, `not-${password}`)
      return {
        status: [status, 200],
        sends: [[name, { reason: 'wrong_password', remoteAddress: text }]],
      }
    },
  },
  {
    signal: signals.userCreated,
    async happen(stage, begin) {
      const [name, password] = [`user-${stage.unique()}`, `pass-word-${stage.unique()}`]
      stage.secrets.add(password)
      begin()
      const made = await stage.ask('user_create', {
        name,
        email: `${name}@example.org`,
        password,
        with_apitoken: true,
      })
      stage.secrets.add(String(fieldOf(made.result, 'token')))
      return {
        status: [made.status, 200],
        sends: [[name, { user: { id: fieldOf(made.result, 'id'), name } }]],
      }
    },
    look: (name) => em().count(User, { name: String(name) }),
  },
  {
    signal: signals.requestPasswordReset,
    async happen(stage, begin) {
      const { id, name } = await stage.user()
      begin()
      const { status } = await askForLink(stage, name)
      return { status: [status, 302], sends: [[name, { user: { id, name } }]] }
    },
    look: (name) => em().count(PasswordReset, { user: { name: String(name) } }),
  },
  {
    signal: signals.performPasswordReset,
    async happen(stage, begin) {
      const { id, name } = await stage.user()
      const { link, visitor } = await askForLink(stage, name)
      const password = `new-word-${stage.unique()}`
      stage.secrets.add(password)
      begin()
      const { status } = await visitor.submit(link, { password1: password, password2: password })
      return { status: [status, 302], sends: [[name, { user: { id, name } }]] }
    },
    look: async (name) => 1 - (await em().count(PasswordReset, { user: { name: String(name) } })),
  },
  {
    signal: signals.actionSucceed,
    async happen(stage, begin) {
      const user = await stage.user()
      const parameters = { user: user.name, name: 'for-tests' }
      begin()
      const made = await stage.ask('api_token_create', parameters)
      stage.secrets.add(String(fieldOf(made.result, 'token')))
      const actor = { id: text, name: 'root' }
      const result = { id: fieldOf(made.result, 'id') }
      const payload = { actor, dataDict: parameters, result, changed: [] }
      return { status: [made.status, 200], sends: [['api_token_create', payload]] }
    },
    look: (_action, payload) =>
      em().count(ApiToken, { id: String(fieldOf(fieldOf(payload, 'result'), 'id')) }),
  },
  {
    signal: signals.datastoreUpsert,
    async happen(stage, begin) {
      const id = await stage.table()
      const records = [{ a: 3, b: 'z' }]
      begin()
      const { status } = await stage.ask('datastore_upsert', { resource_id: id, method: 'insert', records })
      return { status: [status, 200], sends: [[id, { method: 'insert', records, count: 1 }]] }
    },
    look: (id) => rowsWith(id, 'z'),
  },
  {
    signal: signals.datastoreDelete,
    async happen(stage, begin) {
      const id = await stage.table()
      const filters = { b: 'x' }
      begin()
      const { status } = await stage.ask('datastore_delete', { resource_id: id, filters })
      const payload = { reason: 'datastore_delete', filters, deletedCount: 1, tableDropped: false }
      return { status: [status, 200], sends: [[id, payload]] }
    },
    look: async (id, payload) =>
      fieldOf(payload, 'tableDropped') === true ? 1 : 1 - (await rowsWith(id, 'x')),
  },
]

function application({ portal }: Stage): unknown {
  return portal.host.resolve(PortalApplication)
}

async function logIn(
  { portal }: Stage,
  login: string,
  password: string,
): Promise<{ readonly status: number; readonly visitor: PageVisitor }> {
  const visitor = new PageVisitor(portal.url)
  const { status } = await visitor.submit('/user/login', { login, password })
  return { status, visitor }
}

/** Ask for a reset link as somebody who has forgotten the password; with the path of the link that came by mail. */
async function askForLink(
  { portal, smtp, secrets }: Stage,
  name: string,
): Promise<{ readonly status: number; readonly link: string; readonly visitor: PageVisitor }> {
  const visitor = new PageVisitor(portal.url)
  const { status } = await visitor.submit('/user/reset', { user: name })
  const mail = await smtp.nextMail()
  const [link = '', key = ''] = /\/user\/reset\/\S+\?key=([\da-f]+)/.exec(mail.text) ?? []
  secrets.add(key)
  return { status, link, visitor }
}

/** How many rows of the table of the resource `id` have `value` as `b`. */
async function rowsWith(id: unknown, value: string): Promise<number> {
  const found: { count: string }[] = await em().execute(
    `select count(*) as count from datastore."${String(id)}" where b = ?`,
    [value],
  )
  return Number(found[0]?.count)
}
