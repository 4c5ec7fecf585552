/** Commands of plugins that ask the person at the terminal. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify, stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { aldisMain, makeProject, pluginFiles, type CliProject } from './support/cli-project.ts'

const source = `
export default class {
  getCommands() {
    return [{
      name: 'user greet',
      description: 'Greet',
      needs: 'start',
      run: async (_args, { ask, stdout }) => {
        if (!ask) return void stdout('nobody to ask\\n')
        const name = await ask('Name: ')
        const password = await ask('Password: ', { secret: true })
        stdout(\`\${name} typed \${password.length} letters\\n\`)
      },
    }]
  }
}
`
let project: CliProject
beforeAll(async () => {
  project = await makeProject({
    'aldis.config.yaml': 'pluginPaths: [plugins/*]\nplugins: [greeter]\n',
    ...pluginFiles('greeter', source),
  })
})
afterAll(() => project[Symbol.asyncDispose]())

test('a command can ask the person at the terminal', async () => {
  const { stdout, stderr, code } = await project.screen(['user', 'greet'], { answers: ['Ada', ' secret '] })

  expect({ stdout, code }).toEqual({ stdout: 'Ada typed 8 letters\n', code: 0 })
  expect(stderr).toContain('Name: ')
})

test('in a script there is nobody to ask', async () => {
  const { stdout } = await project.aldis(['user', 'greet'], { input: 'Ada\nsecret\n' })

  expect(stdout).toBe('nobody to ask\n')
})

/** Gives a program a terminal of its own; part of util-linux. */
const script = '/usr/bin/script'

test.skipIf(process.platform !== 'linux' || !existsSync(script))(
  'a secret is not shown in a terminal',
  async () => {
    const running = promisify(execFile)(
      script,
      ['-qec', `'${process.execPath}' '${aldisMain}' user greet`, '/dev/null'],
      { cwd: project.folder },
    )
    let shown = ''
    running.child.stdout?.on('data', (text: string) => {
      const before = shown
      shown += text
      if (!before.includes('Name: ') && shown.includes('Name: ')) running.child.stdin?.write('Ada\r')
      if (!before.includes('Password: ') && shown.includes('Password: ')) {
        running.child.stdin?.write('hush\r')
      }
    })
    await running

    expect(shown).toContain('Ada typed 4 letters')
    expect(stripVTControlCharacters(shown)).toContain('Name: Ada')
    expect(shown).not.toContain('hush')
  },
)
