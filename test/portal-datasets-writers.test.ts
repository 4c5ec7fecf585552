/** Several writers of datasets at once: one name has one dataset, and no update is lost. */
import { em } from '@aldis/models'
import { PackageController, type ActionContext, type DatasetDict } from '@aldis/portal'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf, recordOf } from './support/field-of.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const containing = (part: string): unknown => expect.stringContaining(part)
const CONFLICT = {
  status: 409,
  error: { __type: 'Validation Error', metadata_modified: [containing('Somebody else has changed this')] },
}

/** Stays in the transaction of an update until another one waits for its row. */
class SlowPlugin extends PackageController {
  override async afterDatasetUpdate(_context: ActionContext, { notes }: DatasetDict): Promise<void> {
    if (notes !== 'Slow') return
    for (let waiting = 0; waiting === 0;) {
      const { rows } = await sql<{ waiting: number }>`
        select count(*)::integer as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'
      `.execute(em().getKysely())
      waiting = rows[0]?.waiting ?? 0
    }
  }
}

describeDatabases('writers of datasets', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  let token = ''

  beforeAll(async () => {
    portal = await servePortal({
      database: await database.settings(),
      plugins: [caller.definition, { name: 'slow', plugin: SlowPlugin }],
    })
    token = await caller.userWithToken({ name: 'ann' })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (action: string, parameters: object): Promise<ApiAnswer> =>
    callApi(portal.url, action, parameters, token)

  /** What each of `count` calls at once came to. */
  const atOnce = (
    count: number,
    call: (index: number) => Promise<ApiAnswer>,
  ): Promise<readonly ApiAnswer[]> => Promise.all(Array.from({ length: count }, (_, index) => call(index)))

  test('of twenty that create one name at once, one does', async () => {
    const answers = await atOnce(20, (index) =>
      ask('package_create', { name: 'wanted', title: `By ${index}` }),
    )
    const won = answers.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    for (const answer of answers) {
      if (answer === won[0]) continue
      expect(answer).toMatchObject({ status: 409, error: { name: ['That URL is already in use.'] } })
    }
    expect((await ask('package_show', { id: 'wanted' })).result).toEqual(won[0]?.result)
  })

  test('of twenty that rename to one name at once, one does', async () => {
    for (let index = 0; index < 20; index++) await ask('package_create', { name: `before-${index}` })
    const answers = await atOnce(20, (index) =>
      ask('package_patch', { id: `before-${index}`, name: 'after' }),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19)
  })

  test('who sends back an older metadata_modified is told of the conflict', async () => {
    const made = await ask('package_create', { name: 'read-twice' })
    const mine = recordOf(made.result)
    const theirs = recordOf(made.result)
    expect(await ask('package_update', { ...theirs, title: 'Theirs' })).toMatchObject({ status: 200 })
    expect(await ask('package_update', { ...mine, notes: 'Mine' })).toMatchObject(CONFLICT)
    const { metadata_modified: read } = mine
    expect(
      await ask('package_patch', { id: 'read-twice', notes: 'Mine', metadata_modified: read }),
    ).toMatchObject(CONFLICT)
    expect(
      await ask('package_patch', { id: 'read-twice', notes: 'x', metadata_modified: 'x' }),
    ).toMatchObject({
      status: 409,
      error: { metadata_modified: ['Date format incorrect'] },
    })
    const shown = await ask('package_show', { id: 'read-twice' })
    expect(shown.result).toMatchObject({ title: 'Theirs', notes: null })
    expect(await ask('package_update', { ...recordOf(shown.result), notes: 'Mine' })).toMatchObject({
      result: { title: 'Theirs', notes: 'Mine' },
    })
  })

  test('who sends back an older resource is told of the conflict', async () => {
    await ask('package_create', { name: 'with-resource' })
    const made = await ask('resource_create', { package_id: 'with-resource', url: 'a' })
    const mine = recordOf(made.result)
    expect(await ask('resource_update', { ...mine, name: 'Theirs' })).toMatchObject({ status: 200 })
    expect(await ask('resource_update', { ...mine, description: 'Mine' })).toMatchObject(CONFLICT)
    expect((await ask('resource_show', { id: mine['id'] })).result).toMatchObject({
      name: 'Theirs',
      description: null,
    })
  })

  test('of many that add resources at once, all who are told so have added one', async () => {
    await ask('package_create', { name: 'crowded' })
    const answers = await atOnce(10, (index) =>
      ask('resource_create', {
        package_id: 'crowded',
        url: `https://example.org/${index}`,
        name: String(index),
      }),
    )
    const added = answers
      .filter(({ status }) => status === 200)
      .map(({ result }) => String(fieldOf(result, 'name')))
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(answer).toMatchObject(CONFLICT)
    expect(added.length).toBeGreaterThan(0)

    const shown = await ask('package_show', { id: 'crowded' })
    const resources = fieldOf(shown.result, 'resources')
    const names = Array.isArray(resources) ? resources.map((one) => String(fieldOf(one, 'name'))) : []
    expect(names.toSorted()).toEqual(added.toSorted())
    expect(Array.isArray(resources) && resources.map((one) => fieldOf(one, 'position'))).toEqual(
      names.map((_, position) => position),
    )
  })

  test('of many that change different fields at once, no change that was accepted is lost', async () => {
    await ask('package_create', { name: 'contended' })
    const fields = ['title', 'notes', 'author', 'maintainer', 'url', 'version', 'license_id']
    const answers = await atOnce(fields.length, (index) =>
      ask('package_patch', { id: 'contended', [fields[index] ?? '']: 'changed' }),
    )
    const shown = await ask('package_show', { id: 'contended' })
    for (const [index, answer] of answers.entries()) {
      const value = fieldOf(shown.result, fields[index] ?? '')
      if (answer.status === 200) expect(value).toBe('changed')
      else expect(answer).toMatchObject(CONFLICT)
    }
    expect(answers.some(({ status }) => status === 200)).toBe(true)
  })

  test('of two transactions that overlap, the second is told of the conflict', async ({ skip }) => {
    if (database.name === 'PGlite') skip('the embedded database runs one transaction after the other')
    await ask('package_create', { name: 'overlapping' })
    const slow = ask('package_update', { id: 'overlapping', name: 'overlapping', notes: 'Slow' })
    const quick = await slowHasBegun(slow)
    const [won, lost] = quick.status === 200 ? [quick, await slow] : [await slow, quick]
    expect(won).toMatchObject({ status: 200 })
    expect(lost).toMatchObject(CONFLICT)
    const { result } = await ask('package_show', { id: 'overlapping' })
    expect(fieldOf(result, 'metadata_modified')).toBe(fieldOf(won.result, 'metadata_modified'))
  })

  /** Update the same dataset, again and again until that met the slow update in its transaction. */
  async function slowHasBegun(slow: Promise<ApiAnswer>): Promise<ApiAnswer> {
    let isOver = false
    void slow.then(() => (isOver = true))
    for (;;) {
      const answer = await ask('package_patch', { id: 'overlapping', version: String(Math.random()) })
      if (answer.status !== 200 || isOver) return answer
    }
  }
})
