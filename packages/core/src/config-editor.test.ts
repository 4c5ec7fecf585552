import { chmod, mkdtemp, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'

import { editConfig, writeConfigEdit, type PluginListChange } from './config-editor.ts'

async function fileWith(text: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'aldis-config-')), 'aldis.config.yaml')
  await writeFile(path, text)
  return path
}

async function edited(text: string, change: PluginListChange): Promise<string> {
  return (await editConfig(await fileWith(text), change)).after
}

const commented = `# The shop's plugins.
plugins:   # order matters
  - audit      # first of all
  # what sells
  - shop
settings:
  shop: { currency:   EUR }   # odd spacing stays
`

test('enabling adds one line and touches no other', async () => {
  expect(await edited(commented, { enable: 'mail' })).toBe(
    commented.replace('- shop\n', '- shop\n  - mail\n'),
  )
})

test('enabling after a plugin puts it right behind that one', async () => {
  expect(await edited(commented, { enable: 'mail', after: 'audit' })).toBe(
    commented.replace('first of all\n', 'first of all\n  - mail\n'),
  )
})

test('disabling takes away one line and leaves the comments of the others', async () => {
  expect(await edited(commented, { disable: ['shop'] })).toBe(commented.replace('  - shop\n', ''))
})

test('disabling the last plugin leaves an empty list', async () => {
  const text = await edited(commented, { disable: ['shop', 'audit'] })
  expect(parse(text)).toEqual({ plugins: [], settings: { shop: { currency: 'EUR' } } })
  expect(text).toContain("# The shop's plugins.")
})

test('what is enabled stays as it is, and so does what is not', async () => {
  expect((await editConfig(await fileWith(commented), { enable: 'shop', disable: ['crm'] })).diff).toBe('')
})

test.each([
  ['plugins: [a, b]\n', { enable: 'c' }, 'plugins: [a, b, c]\n'],
  ['plugins: [a, b]\n', { enable: 'c', after: 'a' }, 'plugins: [a, c, b]\n'],
  ['plugins: [a, b]\n', { disable: ['a'] }, 'plugins: [b]\n'],
  ['plugins: [a, b]\n', { disable: ['b'] }, 'plugins: [a]\n'],
  ['plugins: ["a", "b"]\n', { enable: 'c' }, 'plugins: ["a", "b", "c"]\n'],
  ['plugins: []\n', { enable: 'c' }, 'plugins: [c]\n'],
  [
    '{\n  "plugins": [\n    "a",\n    "b"\n  ]\n}\n',
    { enable: 'c' },
    '{\n  "plugins": [\n    "a",\n    "b",\n    "c"\n  ]\n}\n',
  ],
  [
    '{\n  "plugins": [\n    "a",\n    "b"\n  ]\n}\n',
    { disable: ['b'] },
    '{\n  "plugins": [\n    "a"\n  ]\n}\n',
  ],
  [
    '{\n  "plugins": [\n    "a",\n    "b"\n  ]\n}\n',
    { disable: ['a'] },
    '{\n  "plugins": [\n    "b"\n  ]\n}\n',
  ],
  ['plugins:\r\n  - a\r\n# end\r\n', { enable: 'b' }, 'plugins:\r\n  - a\r\n  - b\r\n# end\r\n'],
  ['plugins:\n- a', { enable: 'b' }, 'plugins:\n- a\n- b'],
  ['# nothing yet\n', { enable: 'a' }, '# nothing yet\n\nplugins:\n  - a\n'],
  ['settings: {}\n', { enable: 'a' }, 'settings: {}\nplugins:\n  - a\n'],
  ['plugins:\n', { enable: 'a' }, 'plugins:\n  - a\n'],
] satisfies [string, PluginListChange, string][])('%j with %j', async (before, change, after) => {
  expect(await edited(before, change)).toBe(after)
})

test('a name that YAML reads as something else is quoted', async () => {
  expect(parse(await edited('plugins: [a]\n', { enable: 'null' }))).toEqual({ plugins: ['a', 'null'] })
})

test('the diff shows the changed lines and what is around them', async () => {
  const { diff } = await editConfig(await fileWith(commented), { enable: 'mail', disable: ['audit'] })
  expect(diff).toBe(`--- aldis.config.yaml
+++ aldis.config.yaml
@@ -1,7 +1,7 @@
 # The shop's plugins.
 plugins:   # order matters
-  - audit      # first of all
   # what sells
   - shop
+  - mail
 settings:
   shop: { currency:   EUR }   # odd spacing stays
`)
})

test.each(['../evil', 'file:///x', '__proto__', ''])('the name %j is refused', async (name) => {
  const path = await fileWith(commented)
  await expect(editConfig(path, { enable: name })).rejects.toMatchObject({ code: 'PLUGIN_NAME_INVALID' })
  await expect(editConfig(path, { disable: [name] })).rejects.toMatchObject({ code: 'PLUGIN_NAME_INVALID' })
})

test.each([
  ['plugins: {a: 1}\n', 'not a list of names'],
  ['plugins: [1]\n', 'not a list of names'],
  ['plugins: [a\n', 'not YAML'],
  ['- a\n', 'not a map'],
])('%j is left alone', async (text, detail) => {
  await expect(editConfig(await fileWith(text), { enable: 'b' })).rejects.toMatchObject({
    code: 'CONFIG_EDIT',
    message: expect.stringContaining(detail),
  })
})

test('a plugin cannot come after one that is not enabled', async () => {
  await expect(editConfig(await fileWith(commented), { enable: 'mail', after: 'crm' })).rejects.toMatchObject(
    {
      message: expect.stringContaining('"crm" is not enabled'),
    },
  )
})

test('writing keeps the mode, follows a link to the file, and leaves nothing beside it', async () => {
  const path = await fileWith(commented)
  await chmod(path, 0o640)
  const link = `${path}.link`
  await symlink(path, link)
  await writeConfigEdit(await editConfig(link, { enable: 'mail' }))
  expect(await readFile(path, 'utf8')).toContain('- mail')
  expect((await stat(path)).mode & 0o777).toBe(0o640)
  expect(await readdir(join(path, '..'))).toHaveLength(2)
})

test('what a writer left that was killed is in nobody’s way, though it had the same number', async () => {
  const path = await fileWith(commented)
  await writeFile(join(path, `../.aldis.config.yaml.${process.pid}.tmp`), 'half')
  await writeConfigEdit(await editConfig(path, { enable: 'mail' }))
  expect(await readFile(path, 'utf8')).toContain('- mail')
})

test('a file that changed since is not overwritten', async () => {
  const path = await fileWith(commented)
  const edit = await editConfig(path, { enable: 'mail' })
  await writeFile(path, 'plugins: [other]\n')
  await expect(writeConfigEdit(edit)).rejects.toMatchObject({ code: 'CONFIG_EDIT' })
  expect(await readFile(path, 'utf8')).toBe('plugins: [other]\n')
})
