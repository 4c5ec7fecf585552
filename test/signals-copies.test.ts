/** Two real copies of the package in one process, as one tree of node_modules can have them. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { makeFolder, root } from './support/repository.ts'
import { runProcess } from './support/run-process.ts'

const folder = makeFolder('signals-copies-')

/** Install a built copy of the package as a dependency of `owner`. */
function install(owner: string): string {
  const copy = join(folder, owner, 'node_modules/@aldis/signals')
  for (const part of ['dist', 'package.json']) {
    cpSync(join(root, 'packages/signals', part), join(copy, part), { recursive: true })
  }
  return copy
}

/** Run a program in which `a` and `b` are the copies of two owners, and return what it logged as JSON. */
async function run(body: string): Promise<{ readonly logged: unknown; readonly stderr: string }> {
  const program = join(folder, 'program.js')
  const imports = ['plain', 'second'].map((owner, index) => {
    const [name, dist] = ['ab'[index], `./${owner}/node_modules/@aldis/signals/dist`]
    return `const ${name} = { ...await import('${dist}/index.js'), ...await import('${dist}/host.js') }`
  })
  writeFileSync(program, `${imports.join('\n')}\n${body}\n`)
  const { code, stdout, stderr } = await runProcess(process.execPath, [program], { cwd: folder })
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' })
  return { logged: JSON.parse(stdout), stderr }
}

beforeAll(() => {
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  install('plain')
  install('second')
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('two installed copies', () => {
  test('share namespaces, signals, ANY and brands', async () => {
    const { logged, stderr } = await run(`
      const [one, other] = [a.namespace('shop').declare('order_placed'), b.namespace('shop').signal('order_placed')]
      const heard = []
      other.connect((sender, payload) => heard.push([sender, payload]), { sender: b.ANY })
      other.connect(() => heard.push('web'), { sender: 'web' })
      one.send('web', 1)
      console.log(JSON.stringify({
        copies: a.namespace !== b.namespace || a.isSignal !== b.isSignal,
        same: one === other && a.namespace('shop') === b.namespace('shop') && a.ANY === b.ANY,
        brands: [a.isSignal(other), b.isSignal(one)],
        heard,
      }))
    `)

    expect(logged).toEqual({
      copies: true,
      same: true,
      brands: [true, true],
      heard: [['web', 1], 'web'],
    })
    expect(stderr).toBe('')
  })

  test('share the runtime, and one copy connects and lists for the other', async () => {
    const { logged } = await run(`
      const seen = []
      const runtime = {
        send(dispatch, inline) { seen.push(dispatch.deferred.map(({ delivery }) => delivery)); return inline() },
        sendAsync: (dispatch, inline) => inline(),
        failed({ reason }) { seen.push(reason) },
        depth: () => 0,
        nest: (depth, body) => body(),
      }
      const installed = b.installRuntime(runtime)
      const refused = a.installRuntime(runtime) === undefined
      const signal = a.namespace('shop').signal('order_placed')
      b.connectForHost(signal, () => {}, { delivery: 'commit' })
      a.connectForHost(signal, () => { throw 'reason' }, {})
      signal.sendRobust('web', {})
      console.log(JSON.stringify({
        refused,
        seen,
        listed: [a.connectionsOf(signal).length, b.connectionsOf(signal).length],
        namespaces: a.namespaces()[0] === b.namespaces()[0],
      }))
    `)

    expect(logged).toEqual({
      refused: true,
      seen: [['commit'], 'reason'],
      listed: [2, 2],
      namespaces: true,
    })
  })

  describe('of which one is newer by a minor version', () => {
    test('say so, with both places, when the older is there first', async () => {
      const registry = join(install('second'), 'dist/registry.js')
      const text = readFileSync(registry, 'utf8')
      const newer = text.replace(/minor = 1;/, 'minor = 17;').replace("'0.1.0'", "'0.17.0'")
      expect(newer).not.toBe(text)
      writeFileSync(registry, newer)

      const { logged, stderr } = await run(
        `console.log(JSON.stringify(a.namespace('shop') === b.namespace('shop')))`,
      )

      expect(logged).toBe(true)
      for (const owner of ['plain', 'second']) {
        expect(stderr).toContain(pathToFileURL(join(folder, owner, 'node_modules/@aldis/signals/dist')).href)
      }
      expect(stderr).toMatch(/ 0\.17\.0 uses the older .* 0\.1\.0$/m)
    })
  })
})
