/** Whatever clients send about datasets and resources, the answer is theirs: never a failure of the portal. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi, portalCaller } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const READS = ['package_show', 'package_list', 'package_search', 'resource_show', 'tag_list', 'tag_show']
const WRITES = [
  'package_create',
  'package_update',
  'package_patch',
  'package_delete',
  'package_owner_org_update',
  'resource_create',
  'resource_update',
  'resource_patch',
  'resource_delete',
  'tag_delete',
]
const FIELDS = [
  'id',
  'name',
  'title',
  'notes',
  'type',
  'owner_org',
  'organization_id',
  'private',
  'state',
  'author',
  'author_email',
  'license_id',
  'url',
  'url_type',
  'tags',
  'extras',
  'resources',
  'metadata_modified',
  'package_id',
  'upload',
  'size',
  'hash',
  'last_modified',
  'position',
  'created',
  'format',
  'q',
  'fq',
  'fq_list',
  'sort',
  'rows',
  'start',
  'facet.field',
  'facet.limit',
  'include_private',
  'limit',
  'offset',
  'query',
  'anything',
]

describeDatabases('any input', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  let token = ''
  let known: readonly unknown[] = []

  beforeAll(async () => {
    portal = await servePortal({ database: await database.settings(), plugins: [caller.definition] })
    token = await caller.userWithToken({ name: 'root', sysadmin: true })
    const made = await callApi(
      portal.url,
      'package_create',
      { name: 'rivers', resources: [{ url: 'a' }] },
      token,
    )
    const resources = fieldOf(made.result, 'resources')
    known = [
      'rivers',
      fieldOf(made.result, 'id'),
      fieldOf(Array.isArray(resources) ? resources[0] : {}, 'id'),
    ]
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  test.each([...READS, ...WRITES])('%s answers it', async (action) => {
    const odd = fc.constantFrom<unknown>(
      '',
      ' ',
      'rivers',
      '2026-01-01',
      '9999999999999',
      '0000-01-01',
      '+020000-01-01T00:00:00Z',
      1e300,
      -1,
      '\0',
      '\ud800',
      '%',
      "'",
      '"',
      '(',
      'a:b',
      '[]',
      '{}',
      '[null]',
      'tags:(',
      'name:*',
      '-',
      'true',
      'deleted',
      'title desc',
      null,
      true,
      [],
      {},
      [null],
      [{}],
      [[]],
      [{ name: 'tag' }],
      [{ key: 'k', value: 'v' }],
      [{ url: 'u' }],
      [{ url: 'u', constructor: '\0' }],
      [{ id: 'x', url: 'javascript:x' }],
    )
    const value = fc.oneof(
      { weight: 6, arbitrary: odd },
      { weight: 3, arbitrary: fc.constantFrom(0, 1, 2).map((index) => known[index]) },
      { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
    )
    const parameters = fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 6 })
    const named = fc
      .tuple(parameters, fc.constantFrom(...FIELDS.slice(0, 2), 'package_id'))
      .map(([one, field]) => ({
        name: 'seas',
        [field]: known[field === 'package_id' ? 0 : 2],
        ...one,
      }))
    await fc.assert(
      fc.asyncProperty(fc.oneof(parameters, named), async (input) => {
        const { status } = await callApi(portal.url, action, input, token)
        expect(status).toBeLessThan(500)
      }),
      { numRuns: 40 },
    )
  })

  test('notes with more words than can be searched for are refused', async () => {
    const notes = Array.from({ length: 90_000 }, (_, index) => `word${index}`).join(' ')
    expect(await callApi(portal.url, 'package_create', { name: 'words', notes }, token)).toMatchObject({
      status: 409,
      error: { notes: [expect.stringContaining('Too many different words')] },
    })
  })
})
