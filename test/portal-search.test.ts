/** Searching datasets through the action API, over HTTP, on each database. */
import { afterAll, beforeAll, expect, test } from 'vitest'

import { describeDatabases } from './support/databases.ts'
import { fieldOf } from './support/field-of.ts'
import { callApi, portalCaller, type ApiAnswer } from './support/portal-caller.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const containing = (part: string): unknown => expect.stringContaining(part)

describeDatabases('search', (database) => {
  const caller = portalCaller()
  let portal: ServedPortal
  const tokens = { ann: '', dora: '', root: '' }

  beforeAll(async () => {
    portal = await servePortal({ database: await database.settings(), plugins: [caller.definition] })
    tokens.root = await caller.userWithToken({ name: 'root', sysadmin: true })
    tokens.ann = await caller.userWithToken({ name: 'ann' })
    tokens.dora = await caller.userWithToken({ name: 'dora' })
    for (const name of ['acme', 'borough'])
      await caller.call('organization_create', { name, title: `The ${name}` })
    await caller.call('organization_member_create', { id: 'acme', username: 'ann', role: 'member' })
    const tagged = (...names: string[]): object => ({ tags: names.map((name) => ({ name })) })
    for (const dataset of [
      {
        name: 'rivers',
        title: 'Rivers of Russia',
        notes: 'Length and depth',
        owner_org: 'acme',
        ...tagged('water', 'surface water'),
      },
      {
        name: 'lakes',
        title: 'lakes',
        notes: 'Russian lakes',
        owner_org: 'borough',
        ...tagged('water'),
        license_id: 'cc-by',
      },
      {
        name: 'trees',
        title: 'Trees',
        resources: [{ url: 'https://example.org/t.csv' }, { url: 'https://example.org/u.csv' }],
      },
      { name: 'secrets', title: 'Secrets', owner_org: 'acme', private: true, ...tagged('water') },
      { name: 'drafts', title: 'Drafts', state: 'draft' },
      { name: 'gone', title: 'Gone' },
    ]) {
      await caller.call('package_create', dataset)
    }
    await caller.call('package_delete', { id: 'gone' })
  })

  afterAll(() => portal[Symbol.asyncDispose]())

  const ask = (parameters: object, token?: string): Promise<ApiAnswer> =>
    callApi(portal.url, 'package_search', parameters, token)

  /** The names of what is found. */
  const names = async (parameters: object, token?: string): Promise<unknown> => {
    const { status, result, error } = await ask({ sort: 'name asc', ...parameters }, token)
    if (status !== 200) return error
    const results = fieldOf(result, 'results')
    return Array.isArray(results) ? results.map((one) => fieldOf(one, 'name')) : results
  }

  test.each([
    ['a text', 'name, title'],
    ['words', 'name title nothing'],
    ['a list', ['name', 'title']],
    ['a list in JSON', '["name", "title"]'],
  ])('gives of each dataset what fl names: %s', async (_what, fl) => {
    const { result } = await ask({ q: 'russian', fl })
    expect(fieldOf(result, 'results')).toEqual([{ name: 'lakes', title: 'lakes' }])
    expect(result).toMatchObject({ count: 1 })
  })

  test('gives all of each dataset without fl, and with a star', async () => {
    const [whole, starred] = [await ask({ q: 'russian' }), await ask({ q: 'russian', fl: '*,score' })]
    expect(starred.result).toEqual(whole.result)
    expect(await ask({ fl: 7 })).toMatchObject({ status: 400, error: { message: containing('fl') } })
  })

  test('finds what is active and public, and answers GET (A02)', async () => {
    const response = await fetch(`${portal.url}/api/action/package_search?q=russian`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      success: true,
      result: {
        count: 1,
        results: [{ name: 'lakes' }],
        facets: {},
        search_facets: {},
        sort: 'score desc, metadata_modified desc',
      },
    })
    for (const q of ['', '*:*', '*', undefined])
      expect(await names({ q })).toEqual(['lakes', 'rivers', 'trees'])
  })

  test('a result is what package_show returns', async () => {
    const shown = await callApi(portal.url, 'package_show', { id: 'rivers' })
    expect((await ask({ q: 'name:rivers' })).result).toMatchObject({ results: [shown.result] })
  })

  test('words are searched for in names, titles, notes and tags', async () => {
    expect(await names({ q: 'russia' })).toEqual(['lakes', 'rivers'])
    expect(await names({ q: 'WATER' })).toEqual(['lakes', 'rivers'])
    expect(await names({ q: 'rivers depth' })).toEqual(['rivers'])
    expect(await names({ q: 'rivers trees' })).toEqual([])
    expect(await names({ q: 'rivers or trees' })).toEqual(['rivers', 'trees'])
    expect(await names({ q: '"depth and length"' })).toEqual([])
    expect(await names({ q: '"length and depth"' })).toEqual(['rivers'])
    expect(await names({ q: 'water -lakes' })).toEqual(['rivers'])
    expect(await names({ q: 'tre' })).toEqual(['trees'])
    expect(await names({ q: 'tags:water depth' })).toEqual(['rivers'])
    expect(await names({ q: '10:30' })).toEqual([])
    // Marks that have lost their other half are no words.
    for (const q of ['"', '(', ')']) expect(await names({ q })).toEqual(['lakes', 'rivers', 'trees'])
    for (const q of ["'", ':*', '!!!', '\\', 'a\0b', '\ud800', '<->', '%']) {
      expect(await names({ q })).toEqual([])
    }
  })

  test('those with the words in the title come first', async () => {
    const { result } = await ask({ q: 'lakes' })
    expect(result).toMatchObject({ results: [{ name: 'lakes' }] })
  })

  test('fq has conditions', async () => {
    expect(await names({ fq: 'organization:acme' })).toEqual(['rivers'])
    expect(await names({ fq: '+organization:"acme"' })).toEqual(['rivers'])
    expect(await names({ fq: 'tags:water AND organization:borough' })).toEqual(['lakes'])
    expect(await names({ fq: 'tags:water organization:borough' })).toEqual(['lakes'])
    expect(await names({ fq: 'tags:"surface water"' })).toEqual(['rivers'])
    expect(await names({ fq: '-tags:water' })).toEqual(['trees'])
    expect(await names({ fq: '-organization:acme' })).toEqual(['lakes', 'trees'])
    expect(await names({ fq: 'organization:(acme OR borough)' })).toEqual(['lakes', 'rivers'])
    expect(await names({ fq: 'tags:(water "surface water")' })).toEqual(['rivers'])
    expect(await names({ fq_list: ['tags:water', 'license_id:cc-by'] })).toEqual(['lakes'])
    expect(await names({ fq: 'res_format:CSV' })).toEqual(['trees'])
    expect(await names({ fq: 'name:r*' })).toEqual(['rivers'])
    expect(await names({ fq: 'tags:surf*' })).toEqual(['rivers'])
    expect(await names({ fq: 'name:%' })).toEqual([])
    expect(await names({ fq: 'title:rivers' })).toEqual(['rivers'])
    expect(await names({ fq: "name:'; drop table datasets; --" })).toMatchObject({
      __type: 'Search Query Error',
    })
    expect(await names({ fq: `name:"'; drop table datasets; --"` })).toEqual([])
    expect(await names({ fq: '*:*' })).toEqual(['lakes', 'rivers', 'trees'])
  })

  test('private datasets are found by those who may read them, when they ask', async () => {
    const all = ['lakes', 'rivers', 'secrets', 'trees']
    expect(await names({ include_private: true })).not.toContain('secrets')
    expect(await names({ include_private: true }, tokens.dora)).not.toContain('secrets')
    expect(await names({ include_private: true }, tokens.ann)).toEqual(all)
    expect(await names({ include_private: 'True' }, tokens.root)).toEqual(all)
    expect(await names({}, tokens.root)).not.toContain('secrets')
    expect(await names({ fq: 'private:true' }, tokens.root)).toEqual([])
    expect(await names({ fq: 'private:true', include_private: true }, tokens.ann)).toEqual(['secrets'])
  })

  test('rows, start and sort choose what is returned', async () => {
    expect(await names({ rows: 1, start: 1 })).toEqual(['rivers'])
    expect((await ask({ rows: 0 })).result).toMatchObject({ count: 3, results: [] })
    expect(await names({ sort: 'title desc' })).toEqual(['trees', 'rivers', 'lakes'])
    expect(await names({ sort: 'metadata_created asc' })).toEqual(['rivers', 'lakes', 'trees'])
    expect(await names({ sort: 'metadata_modified desc, name' })).toEqual(['trees', 'lakes', 'rivers'])
    expect(await names({ q: 'water', sort: 'score desc, name asc' })).toEqual(['rivers', 'lakes'])
    expect(await names({ start: 999_999_999 })).toEqual([])
  })

  test('facets count what is found', async () => {
    const facets = {
      tags: { water: 2, 'surface water': 1 },
      organization: { acme: 1, borough: 1 },
      res_format: { CSV: 1 },
      license_id: { 'cc-by': 1 },
    }
    const wanted = ['tags', 'organization', 'res_format', 'license_id']
    for (const field of [wanted, JSON.stringify(wanted)]) {
      expect(await ask({ 'facet.field': field })).toMatchObject({
        result: {
          facets,
          search_facets: {
            tags: {
              title: 'tags',
              items: [
                { name: 'water', display_name: 'water', count: 2 },
                { name: 'surface water', display_name: 'surface water', count: 1 },
              ],
            },
            organization: {
              items: [{ name: 'acme', display_name: 'The acme', count: 1 }, { name: 'borough' }],
            },
          },
        },
      })
    }
    expect(
      (await ask({ 'facet.field': 'tags', 'facet.limit': 1, fq: 'organization:acme' })).result,
    ).toMatchObject({
      count: 1,
      facets: { tags: { 'surface water': 1 } },
    })
    expect((await ask({ 'facet.field': ['tags'], 'facet.limit': '-1' })).result).toMatchObject({
      facets: { tags: facets.tags },
    })
  })

  test.each([
    { rows: -1 },
    { rows: 'many' },
    { rows: 1.5 },
    { start: -1 },
    { start: [1] },
    { sort: 'name sideways' },
    { sort: 'password asc' },
    { sort: 'name; drop table datasets' },
    { fq: 'password:x' },
    { fq: 'loose words' },
    { fq: 'tags:(a OR b AND c)' },
    { fq: 'tags:()' },
    { fq: 'private:perhaps' },
    { fq: [1] },
    { fq: { organization: 'acme' } },
    { q: ['a'] },
    { q: 'x'.repeat(501) },
    { fq: 'name:x '.repeat(1001) },
    { fq_list: ['name:x '.repeat(501), `name:(${'x '.repeat(500)})`] },
    { 'facet.field': '[tags' },
    { 'facet.field': ['password'] },
    { 'facet.limit': -2 },
    { include_private: 'perhaps' },
  ])('%j is a search that cannot be understood', async (parameters) => {
    expect(await ask(parameters)).toMatchObject({
      status: 400,
      error: { __type: 'Search Query Error', message: containing('Search Query is invalid') },
    })
  })

  test('package_list has the names of public datasets', async () => {
    const list = async (parameters: object): Promise<unknown> => {
      const { result, error } = await callApi(portal.url, 'package_list', parameters)
      return result ?? error
    }
    expect(await list({})).toEqual(['lakes', 'rivers', 'trees'])
    expect(await list({ limit: 1, offset: '1' })).toEqual(['rivers'])
    expect(await list({ limit: -1 })).toMatchObject({ limit: ['Must be a natural number'] })
    expect(await list({ offset: 'x' })).toMatchObject({ offset: ['Invalid integer'] })
  })

  test('tags can be listed, shown, and by sysadmins be taken away', async () => {
    const tag = (action: string, parameters: object, token?: string): Promise<ApiAnswer> =>
      callApi(portal.url, action, parameters, token)
    expect((await tag('tag_list', {})).result).toEqual(['surface water', 'water'])
    expect((await tag('tag_list', { query: 'SURF' })).result).toEqual(['surface water'])
    expect(await tag('tag_show', { id: 'water' })).toMatchObject({
      result: { name: 'water', vocabulary_id: null },
    })
    expect(await tag('tag_show', { id: 'fire' })).toMatchObject({ status: 404 })
    expect(await tag('tag_delete', { id: 'Delta symbol: \u0394' })).toMatchObject({
      status: 404,
      error: { __type: 'Not Found Error', message: containing('Delta symbol: \u0394') },
    })
    expect(await tag('tag_delete', { id: 'surface water' })).toMatchObject({ status: 403 })
    expect(await tag('tag_delete', { id: 'surface water' }, tokens.ann)).toMatchObject({ status: 403 })
    expect(await tag('tag_delete', { id: 'surface water' }, tokens.root)).toMatchObject({ status: 200 })
    expect((await tag('tag_list', {})).result).toEqual(['water'])
  })
})
