import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

import { makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'

const shop = `import { signals, SubscriptionMap } from '@aldis/core'

signals.ckanext.declare('shop_order_placed', { doc: 'An order row was written.', senders: ['web', 'pos', 'app', 'api'] })
signals.ckanext.declare('shop_cart_old', { deprecated: 'use ckanext:shop_order_placed' })

export default class ShopPlugin {
  getSignalSubscriptions() {
    return new SubscriptionMap()
      .on(signals.userCreated, function crmLink() {}, { priority: 5 })
      .on(signals.ckanext.signal('shop_cart_old'), function cart() {})
      .on(signals.ckanext.signal('shop_order_placed'), function till() {}, { sender: 'poss' })
  }
}
`
const welcome = `import { signals, SubscriptionMap } from '@aldis/core'
export default {
  getSignalSubscriptions: () => new SubscriptionMap()
    .on(signals.userCreated, async function mail(name) {}, { delivery: 'commit' })
    .on(signals.ckanext.signal('user_craeted'), function typo() {}),
}
`
const Findings = z.object({
  findings: z.array(z.object({ code: z.string(), level: z.string(), message: z.string() })),
})
let project: CliProject

beforeAll(async () => {
  project = await makeProject({
    ...pluginFiles('shop', shop),
    ...pluginFiles('welcome', welcome, { after: ['shop'] }),
    ...pluginFiles('crm', `import 'left-pad'\n`, { requires: { shop: '^1.0.0' } }),
    ...pluginFiles('reports', 'export default {}\n', { requires: { crm: '*' } }),
    ...pluginFiles('spare', 'export default {}\n'),
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [welcome, shop, crm, reports]\n',
  })
})
afterAll(() => project[Symbol.asyncDispose]())

test('signals list shows every signal, also one that only a subscriber named, at 80 columns', async () => {
  const { code, stdout, stderr } = await project.screen(['signals', 'list'])
  expect(stdout).toBe(`SIGNAL                       PUBLISHER  DELIVERY  SUBS  DOC
ckan:action_succeed          core       commit       0  An action of the API ha…
ckan:failed_login            core       commit       0  A login was refused.
ckan:logged_in               core       commit       0  A user has logged in.
ckan:logged_out              core       commit       0  A user has logged out.
ckan:perform_password_reset  core       commit       0  A user has set a new pa…
ckan:register_blueprint      core       commit       0  The routes of a type th…
ckan:request_finished        core       commit       0  The answer to a request…
ckan:request_password_reset  core       commit       0  A user asked for a new…
ckan:request_started         core       commit       0  A request has arrived a…
ckan:resource_download       core       commit       0  The download of an uplo…
ckan:user_created            core       commit       2  A user row was written.
ckanext:datastore_delete     core       commit       0  Rows of a resource's ta…
ckanext:datastore_upsert     core       commit       0  Rows of a resource's ta…
ckanext:shop_cart_old        shop       inline       1  deprecated: use
                                                        ckanext:shop_order_placed
ckanext:shop_order_placed    shop       inline       1  An order row was writte…
ckanext:user_craeted         -          -            1  undeclared; did you mean
                                                        ckan:user_created?
`)
  expect(stderr).toBe(`
16 signals (1 deprecated, 1 undeclared), 5 subscriptions, 2 plugins on
warning: plugin "crm": The plugin "crm" cannot be imported: Cannot find package 'left-pad' imported from ${project.folder}/plugins/crm/index.js  (aldis plugins info crm)
warning: plugin "reports": The plugin "reports" requires "crm", which could not be loaded.  (aldis plugins info reports)
`)
  expect(code).toBe(0)
})

test('a listing that is piped is not cut, and has no colour', async () => {
  const { stdout } = await project.aldis(['signals', 'list', 'shop'])
  expect(stdout).toBe(`SIGNAL                     PUBLISHER  SENDERS     DELIVERY  SUBS  DOC
ckanext:shop_cart_old      shop       any         inline       1  deprecated: use ckanext:shop_order_placed
ckanext:shop_order_placed  shop       web|pos|+2  inline       1  An order row was written.
`)
})

test.each([
  [['ckan:user_*'], 'ckan:user_created'],
  [['--undeclared'], 'ckanext:user_craeted'],
  [['--deprecated'], 'ckanext:shop_cart_old'],
  [['--namespace', 'ckanext', '--unused', '*upsert'], 'ckanext:datastore_upsert'],
  [['--plugin', 'welcome'], 'ckan:user_created'],
])('signals list %j', async (argv, first) => {
  const { stdout } = await project.aldis(['signals', 'list', '--plain', ...argv])
  expect(stdout.split('\n')[1]?.split('\t')[0]).toBe(first)
})

test('a listing without rows says so and is no failure', async () => {
  const { code, stdout, stderr } = await project.aldis(['signals', 'list', 'nothing', '-q'])
  expect([code, stdout, stderr]).toEqual([0, '', ''])
  expect((await project.aldis(['signals', 'list', 'nothing'])).stderr).toContain('No signal is like that.')
})

test('signals list --json is one document with a version', async () => {
  const { stdout, stderr } = await project.aldis(['signals', 'list', '--json', 'shop_order'])
  expect(JSON.parse(stdout)).toMatchObject({
    $schema: 'https://aldis.dev/schemas/signals-list.v1.json',
    version: 1,
    signals: [
      {
        key: 'ckanext:shop_order_placed',
        declared: true,
        publisher: 'shop',
        senders: ['web', 'pos', 'app', 'api'],
        delivery: 'inline',
        alias: null,
        deprecated: null,
        doc: 'An order row was written.',
        declaredAt: 'plugins/shop/index.js:3',
        subscribers: ['shop:till'],
        suggestion: null,
      },
    ],
    warnings: [
      { code: 'PLUGIN_IMPORT', plugin: 'crm' },
      { code: 'PLUGIN_REQUIREMENT_MISSING', plugin: 'reports' },
    ],
  })
  expect(stderr).toBe('')
})

test('signals show prints the payload and the receivers in call order', async () => {
  const { code, stdout } = await project.screen(['signals', 'show', 'ckan:user_created'])
  expect(code).toBe(0)
  expect(stdout.replace(/signals\.ts:\d+/, 'signals.ts:LINE')).toBe(`ckan:user_created
  A user row was written.
  sender any · delivery commit · publisher core
  declared in ${pathFrom(project, 'packages/core/src/signals.ts')}:LINE

Payload
  FIELD      TYPE    NEEDED
  user.id    string  required
  user.name  string  required

Receivers, in call order
  #  PLUGIN   RECEIVER  SENDER  DELIVERY  PRIO  AT
  1  shop     crmLink   any     commit       5  plugins/shop/index.js:9
  2  welcome  mail      any     commit       0  plugins/welcome/index.js:4
`)
})

test('signals show finds a signal by its name alone and by its alias', async () => {
  expect((await project.aldis(['signals', 'show', 'action_succeeded'])).stdout).toContain(
    'ckan:action_succeed\n',
  )
  expect((await project.aldis(['signals', 'show', 'ckan:action_succeeded'])).stdout).toContain(
    'alias action_succeeded',
  )
})

test('signals show --json carries the schema and the places', async () => {
  const { stdout } = await project.aldis(['signals', 'show', 'ckan:user_created', '--json'])
  expect(JSON.parse(stdout)).toMatchObject({
    $schema: 'https://aldis.dev/schemas/signals-show.v1.json',
    version: 1,
    signal: {
      key: 'ckan:user_created',
      payload: { type: 'object', properties: { user: { type: 'object' } } },
    },
    receivers: [
      { plugin: 'shop', id: 'crmLink', priority: 5, at: 'plugins/shop/index.js:9' },
      { plugin: 'welcome', id: 'mail', delivery: 'commit', at: 'plugins/welcome/index.js:4' },
    ],
  })
})

test('a signal that is not there is exit 3, with the nearest', async () => {
  const { code, stdout, stderr } = await project.aldis(['signals', 'show', 'ckan:user_creatd'])
  expect([code, stdout]).toEqual([3, ''])
  expect(stderr).toBe(
    'error CLI_NOT_FOUND: There is no signal "ckan:user_creatd". Did you mean ckan:user_created?\n',
  )
})

test('subscribers puts the place under the row where it does not fit beside it', async () => {
  const { stdout } = await project.screen(['subscribers', '--plugin', 'shop'])
  expect(stdout).toBe(`SIGNAL                     RECEIVER      SENDER             DELIVERY  PRIO
ckan:user_created          shop:crmLink  any                commit       5
    plugins/shop/index.js:9
ckanext:shop_cart_old      shop:cart     any                inline       0
    plugins/shop/index.js:10
ckanext:shop_order_placed  shop:till     poss (never sent)  inline       0
    plugins/shop/index.js:11
`)
})

test('subscribers can be asked for a signal, a sender and a delivery', async () => {
  const rows = async (...argv: string[]): Promise<number> =>
    (await project.aldis(['subscribers', '--plain', ...argv])).stdout.trim().split('\n').length - 1
  expect(await rows()).toBe(5)
  expect(await rows('--signal', 'ckan:*')).toBe(2)
  expect(await rows('--sender', 'web', '--signal', 'shop_order_placed')).toBe(0)
  expect(await rows('--delivery', 'commit')).toBe(2)
})

test('signals graph is mermaid, and JSON when asked', async () => {
  const { stdout } = await project.aldis(['signals', 'graph', '--signal', 'ckanext:*'])
  expect(stdout).toBe(`flowchart LR
  p0["shop"]
  p1["welcome"]
  s2(["ckanext:shop_cart_old"])
  s3(["ckanext:shop_order_placed"])
  s4(["ckanext:user_craeted"]):::undeclared
  p0 --> s2
  s2 -->|"cart"| p0
  p0 --> s3
  s3 -->|"till (from poss)"| p0
  s4 -->|"typo"| p1
  classDef undeclared stroke-dasharray: 4
`)
  const json = await project.aldis(['signals', 'graph', '--json', '--signal', 'ckan:user_created'])
  const receives = { kind: 'receives', signal: 'ckan:user_created', sender: null, delivery: 'commit' }
  expect(JSON.parse(json.stdout)).toMatchObject({
    $schema: 'https://aldis.dev/schemas/signals-graph.v1.json',
    version: 1,
    nodes: [
      { kind: 'plugin', name: 'core' },
      { kind: 'plugin', name: 'shop' },
      { kind: 'plugin', name: 'welcome' },
      { kind: 'signal', name: 'ckan:user_created', declared: true },
    ],
    edges: [
      { kind: 'publishes', plugin: 'core', signal: 'ckan:user_created' },
      { ...receives, plugin: 'shop', receiver: 'crmLink' },
      { ...receives, plugin: 'welcome', receiver: 'mail' },
    ],
  })
})

test('plugins list shows the ones that failed as rows, and the others with --all', async () => {
  const { code, stdout } = await project.screen(['plugins', 'list', '--all'])
  expect(code).toBe(0)
  expect(stdout.replace(/ *\d+(\.\d)?ms/g, '   1ms')).toMatchInlineSnapshot(`
    "#  PLUGIN   VERSION  STATE    SOURCE     SIGNALS  SUBS  REQUIRES
    1  shop     1.0.0    on       workspace        2     3  -
    2  welcome  1.0.0    on       workspace        0     2  -
    -  crm      1.0.0    failed   workspace        -     -  PLUGIN_IMPORT
    -  reports  1.0.0    skipped  workspace        -     -  PLUGIN_REQUIREMENT_MISS…
    -  spare    1.0.0    off      workspace        -     -  -
    "
  `)
  expect((await project.aldis(['plugins', 'list', '--plain'])).stdout).not.toContain('spare')
})

test('plugins info says why a plugin failed', async () => {
  const { code, stdout, stderr } = await project.screen(['plugins', 'info', 'crm'])
  expect(code).toBe(0)
  // Where the lines break depends on how long the folder's path is.
  expect(stdout.replace(/\s+/g, ' ').replace(/ \S*(?=\/plugins\/crm\/index\.js)/, ' FOLDER')).toBe(
    'crm 1.0.0 failed workspace, plugins/crm PLUGIN_IMPORT The plugin "crm" cannot be imported: ' +
      "Cannot find package 'left-pad' imported from FOLDER/plugins/crm/index.js requires shop ^1.0.0 ",
  )
  expect(stderr).toContain('aldis plugins disable crm')
  expect((await project.aldis(['plugins', 'info', 'cmr'])).code).toBe(3)
})

test('doctor finds what is wrong and exits with 6', async () => {
  const { code, stdout } = await project.aldis(['doctor', '--json'])
  expect(code).toBe(6)
  const found = Findings.parse(JSON.parse(stdout))
  expect(found.findings.map(({ code: check, level }) => `${level} ${check}`)).toEqual([
    'ok CONFIG_VALID',
    'ok ORDER_ACYCLIC',
    'error PLUGIN_IMPORT',
    'error PLUGIN_REQUIREMENT_MISSING',
    'ok CORE_SINGLE',
    'warn SENDER_UNREACHABLE',
    'warn SIGNAL_DEPRECATED',
    'warn SIGNAL_UNDECLARED',
  ])
  expect(found.findings.find(({ code: check }) => check === 'SIGNAL_UNDECLARED')?.message).toBe(
    'ckanext:user_craeted is declared by no enabled plugin; did you mean ckan:user_created? (welcome:typo at plugins/welcome/index.js:5)',
  )
  expect(found.findings.find(({ code: check }) => check === 'SENDER_UNREACHABLE')?.message).toContain(
    'did you mean pos?',
  )
})

test('doctor lets warnings pass, and not with --strict', async () => {
  const env = { ALDIS_PLUGINS: 'welcome' }
  expect((await project.aldis(['doctor'], { env })).code).toBe(0)
  expect((await project.aldis(['doctor', '--strict'], { env })).code).toBe(6)
})

/** `path` of the repository as commands print it in `project`: absolute, since it is outside. */
function pathFrom(project: CliProject, path: string): string {
  return project.folder.replace(/test\/\.tmp\/.*$/, path)
}
