/** Pages of datasets, resources and organizations, as a browser without JavaScript asks for them. */
import { Portal } from '@aldis/portal'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { z } from 'zod'

import { PageVisitor } from './support/page-visitor.ts'
import { servePortal, type ServedPortal } from './support/served-portal.ts'

const Dataset = z.looseObject({
  id: z.string(),
  title: z.string(),
  notes: z.string().nullable(),
  extras: z.array(z.object({ key: z.string(), value: z.string() })),
  tags: z.array(z.looseObject({ name: z.string() })),
  resources: z.array(z.looseObject({ id: z.string(), url: z.string(), url_type: z.string().nullable() })),
  metadata_modified: z.string(),
})
type Dataset = z.output<typeof Dataset>

let portal: ServedPortal
let ann: PageVisitor
let stranger: PageVisitor

beforeAll(async () => {
  portal = await servePortal()
  ann = new PageVisitor(portal.url)
  await ann.register('ann')
  await call('organization_create', { name: 'harbour', title: 'Harbour office' })
  await call('organization_member_create', { id: 'harbour', username: 'ann', role: 'admin' })
})

afterAll(() => portal[Symbol.asyncDispose]())

beforeEach(() => {
  stranger = new PageVisitor(portal.url)
})

function call(action: string, parameters: Record<string, unknown>): Promise<unknown> {
  return portal.host.resolve(Portal).call(action, parameters, { trusted: true })
}

async function make(name: string, parameters: Record<string, unknown> = {}): Promise<Dataset> {
  const made = await call('package_create', {
    name,
    title: name,
    notes: '',
    owner_org: 'harbour',
    ...parameters,
  })
  return Dataset.parse(made)
}

async function show(id: string): Promise<Dataset> {
  return Dataset.parse(await call('package_show', { id }))
}

describe('a dataset', () => {
  test('is made from its form, with a name from its title, tags, and other fields', async () => {
    const fields = {
      title: 'Tiefe der Häfen: 2026!',
      notes: '\r\nfirst\r\nsecond',
      tag_string: 'depth, north sea,,depth',
      owner_org: 'harbour',
      private: 'false',
      extra_key: 'buoy',
      extra_value: 'N-17',
    }
    const answer = await ann.submit('/dataset/new', fields)

    expect(answer.headers.get('location')).toBe('/dataset/tiefe-der-hafen-2026')
    const { notes, tags, extras } = await show('tiefe-der-hafen-2026')
    expect(notes).toBe('first\nsecond')
    expect(tags.map(({ name }) => name)).toEqual(['depth', 'north sea'])
    expect(extras).toEqual([{ key: 'buoy', value: 'N-17' }])
  })

  test('has null for what its form leaves empty, as for what the API is not given', async () => {
    const empty = {
      notes: '',
      license_id: '',
      url: '',
      version: ' ',
      author: '',
      author_email: '',
      maintainer: '',
      maintainer_email: '',
    }
    const nothing = Object.fromEntries(Object.keys(empty).map((name) => [name, null]))
    await ann.submit('/dataset/new', { title: 'Empty', name: 'empty', owner_org: 'harbour', ...empty })
    expect(await call('package_show', { id: 'empty' })).toMatchObject(nothing)

    await call('package_patch', { id: 'empty', author: 'Ann', notes: 'Nothing' })
    const link = { url: 'https://example.org/x', name: '', description: '', format: '' }
    await ann.submit('/dataset/empty/resource/new', link)
    await ann.submit('/dataset/edit/empty', { title: 'Empty', name: 'empty', owner_org: 'harbour', ...empty })
    expect(await call('package_show', { id: 'empty' })).toMatchObject({
      ...nothing,
      resources: [{ name: null, description: null, format: '' }],
    })
  })

  test('that is refused is shown again as it was entered, with what is wrong beside each field', async () => {
    const fields = {
      title: 'Kept',
      name: 'Not A Name',
      tag_string: 'a',
      author_email: 'none',
      private: 'true',
    }
    const { status, text } = await ann.submit('/dataset/new', fields)

    expect(status).toBe(409)
    expect(text).toContain('value="Kept"')
    for (const name of ['name', 'tag_string', 'author_email']) {
      expect(text).toContain(`href="#field-${name}"`)
      expect(text).toContain(`id="wrong-${name}"`)
    }
  })

  test('is changed by its form and keeps what the form does not have, its resources among it', async () => {
    await make('kept', { resources: [{ url: 'https://example.org/a.csv' }], type: 'dataset' })
    const { text } = await ann.get('/dataset/edit/kept')
    const modified = /name="metadata_modified" value="([^"]+)"/.exec(text)?.[1] ?? ''
    const fields = { title: 'Changed', name: 'kept', metadata_modified: modified, owner_org: 'harbour' }
    expect((await ann.submit('/dataset/edit/kept', fields)).status).toBe(302)

    const dataset = await show('kept')
    expect(dataset.title).toBe('Changed')
    expect(dataset.resources).toHaveLength(1)
  })

  test('that somebody else has changed meanwhile is not overwritten', async () => {
    const { metadata_modified: modified } = await make('contested')
    await call('package_patch', { id: 'contested', title: 'By somebody else' })
    const fields = { title: 'Mine', name: 'contested', metadata_modified: modified, private: 'false' }
    const { status, text } = await ann.submit('/dataset/edit/contested', fields)

    expect(status).toBe(409)
    expect(text).toContain('Somebody else has changed this')
    expect((await show('contested')).title).toBe('By somebody else')
  })

  test('that is private is there for members, and for nobody else', async () => {
    await make('hidden', { private: true })

    expect((await ann.get('/dataset/hidden')).text).toContain('Private')
    expect((await stranger.get('/dataset/hidden')).status).not.toBe(200)
    expect((await stranger.get('/dataset')).text).not.toContain('/dataset/hidden')
  })

  test('cannot be changed by who may not: strangers log in first, others are refused', async () => {
    await make('guarded')
    const bob = new PageVisitor(portal.url)
    await bob.register('bob')

    for (const path of [
      '/dataset/edit/guarded',
      '/dataset/delete/guarded',
      '/dataset/guarded/resource/new',
    ]) {
      expect((await stranger.get(path)).headers.get('location')).toMatch(/^\/user\/login\?next=/)
      expect((await bob.get(path)).status).toBe(403)
      expect((await bob.submit(path, { title: 'x' }, '/about')).status).toBe(403)
    }
    expect((await bob.get('/dataset/guarded')).text).not.toContain('/dataset/edit/guarded')
  })

  test('is gone when its deletion is confirmed, not before', async () => {
    await make('doomed')
    expect((await ann.get('/dataset/delete/doomed')).status).toBe(200)
    expect((await ann.get('/dataset/doomed')).status).toBe(200)
    expect((await ann.submit('/dataset/delete/doomed', {})).headers.get('location')).toBe('/dataset')

    expect((await stranger.get('/dataset/doomed')).status).toBe(404)
  })
})

describe('the list of datasets', () => {
  test('is searched, narrowed by tag and organization, ordered and leafed through', async () => {
    for (let number = 10; number < 35; number++) {
      await make(`leaf-${number}`, { title: `Leaf ${number}`, notes: 'foliage', tags: [{ name: 'leaves' }] })
    }
    await call('package_patch', { id: 'leaf-12', tags: [{ name: 'leaves' }, { name: 'red leaf' }] })

    const first = await stranger.get('/dataset?q=foliage&sort=title_string+asc')
    expect(first.text).toContain('25 datasets found')
    expect(first.text.match(/href="\/dataset\/leaf-/g)).toHaveLength(20)
    expect(first.text).toContain('href="/dataset?q=foliage&amp;sort=title_string+asc&amp;page=2"')
    const second = await stranger.get('/dataset?q=foliage&sort=title_string+asc&page=2')
    expect(second.text.match(/href="\/dataset\/leaf-\d+/g)).toEqual(
      [30, 31, 32, 33, 34].map((number) => `href="/dataset/leaf-${number}`),
    )
    expect(first.text).toContain('href="/dataset?q=foliage&amp;tags=red+leaf&amp;sort=title_string+asc"')
    const narrowed = await stranger.get('/dataset?q=foliage&tags=red+leaf&organization=harbour')
    expect(narrowed.text).toContain('1 dataset found')
    expect(narrowed.text).toContain('href="/dataset?q=foliage&amp;organization=harbour"')
  })

  test.each([
    'page=0',
    'page=-1',
    'page=99999999999',
    'sort=nonsense',
    'tags=%22',
    'organization=a%22%20OR%20b',
  ])('answers what makes no sense, %s, without failing', async (query) => {
    expect((await stranger.get(`/dataset?${query}`)).status).toBe(200)
  })

  test('says what is wrong with a search that cannot be understood', async () => {
    const { status, text } = await stranger.get(`/dataset?q=${'x'.repeat(600)}`)

    expect(status).toBe(400)
    expect(text).toContain('role="alert"')
  })
})

describe('a resource', () => {
  test('is added from a file, shown, downloaded, given another file, and deleted', async () => {
    const { id } = await make('with-file')
    const file = new File(['a,b\n1,2\n'], 'one.csv', { type: 'text/csv' })
    expect(
      (await ann.submit('/dataset/with-file/resource/new', { upload: file, name: '', url: '' })).status,
    ).toBe(302)
    const [resource] = (await show('with-file')).resources
    const path = `/dataset/with-file/resource/${resource?.id}`

    const page = await stranger.get(path)
    expect(page.text).toContain('Download one.csv')
    expect((await stranger.get(`/dataset/${id}/resource/${resource?.id}/download/one.csv`)).text).toBe(
      'a,b\n1,2\n',
    )
    await ann.submit(`${path}/edit`, { upload: new File(['new'], 'two.csv'), name: 'Second' })
    expect((await stranger.get(path)).text).toContain('Download two.csv')
    await ann.submit(`${path}/edit`, { upload: new File([], ''), name: 'Third', url: '' })
    expect((await stranger.get(path)).text).toMatch(/Third[^]*Download two\.csv/)
    expect((await ann.submit(`${path}/delete`, {})).status).toBe(302)
    expect((await stranger.get(path)).status).toBe(404)
  })

  test('needs a file or a link', async () => {
    await make('without')
    const { status, text } = await ann.submit('/dataset/without/resource/new', { name: 'Nothing', url: '' })

    expect(status).toBe(409)
    expect(text).toContain('Choose a file, or give a link')
  })

  test('is not there under another dataset', async () => {
    const { resources } = await make('owner', { resources: [{ url: 'https://example.org/x' }] })
    await make('other')

    expect((await stranger.get(`/dataset/owner/resource/${resources[0]?.id}`)).status).toBe(200)
    expect((await stranger.get(`/dataset/other/resource/${resources[0]?.id}`)).status).toBe(404)
  })

  test('whose form has no token leaves no file behind', async () => {
    await make('tokenless')
    const answer = await ann.post('/dataset/tokenless/resource/new', { upload: new File(['x'], 'x.csv') })

    expect(answer.status).toBe(403)
    expect((await show('tokenless')).resources).toEqual([])
  })
})

describe('an organization', () => {
  test('is made by an administrator, changed, and has members', async () => {
    await call('user_create', {
      name: 'root',
      email: 'root@example.org',
      password: 'correct123',
      sysadmin: true,
    })
    const root = new PageVisitor(portal.url)
    await root.submit('/user/login', { login: 'root', password: 'correct123' })
    const fields = { title: 'Light houses', name: 'lights', description: 'They shine.' }
    expect((await root.submit('/organization/new', fields)).headers.get('location')).toBe(
      '/organization/lights',
    )
    await root.submit('/organization/edit/lights', { ...fields, title: 'Lighthouses' })
    const unknown = await root.submit('/organization/members/lights', { username: 'nobody', role: 'editor' })
    expect(unknown.text).toContain('There is no user called “nobody”')
    await root.submit('/organization/members/lights', { username: 'ann', role: 'editor' })

    const { text } = await stranger.get('/organization/lights')
    expect(text).toMatch(/<h1>Lighthouses<\/h1>/)
    expect(text).toMatch(/href="\/user\/ann">[^<]*<\/a>\s*<span class="quiet">editor/)
    expect((await ann.get('/organization/edit/lights')).status).toBe(403)
    await root.submit(
      '/organization/members/lights/remove',
      { username: 'ann' },
      '/organization/members/lights',
    )
    expect((await stranger.get('/organization/lights')).text).not.toContain('/user/ann')
    await root.submit('/organization/delete/lights', {})
    expect((await stranger.get('/organization')).text).not.toContain('Lighthouses')
  })
})

describe('a user', () => {
  test('changes settings, and the password only with the one there is', async () => {
    const dee = new PageVisitor(portal.url)
    await dee.register('dee')
    const fields = { fullname: 'Dee Dee', email: 'dee@example.org', about: 'Sails.' }
    expect((await dee.submit('/user/edit/dee', fields)).status).toBe(302)
    const { text } = await stranger.get('/user/dee')
    expect(text).toContain('Dee Dee')
    expect(text).not.toContain('dee@example.org')

    const passwords = { password1: 'another123', password2: 'another123' }
    const refused = await dee.submit('/user/edit/dee', { ...fields, ...passwords, old_password: 'wrong' })
    expect(refused.text).toContain('This is not your password')
    await dee.submit('/user/edit/dee', { ...fields, ...passwords, old_password: 'correct123' })
    const again = await stranger.submit('/user/login', { login: 'dee', password: 'another123' })
    expect(again.status).toBe(302)
    expect((await ann.get('/user/edit/dee')).status).toBe(403)
  })
})
