/** Runs `aldis` as in a terminal of 80 columns: what a person sees, without a pseudo-terminal that not every machine has. */
import { runAldis } from '@aldis/cli'

const answers: unknown = JSON.parse(process.env['TEST_ANSWERS'] ?? '[]')
const typed = Array.isArray(answers) ? answers.map(String) : []

process.exitCode = await runAldis(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isTTY: true,
  columns: 80,
  interactive: typed.length > 0,
  ask: async (question) => {
    process.stderr.write(question)
    const answer = typed.shift()
    if (answer === undefined) throw new Error(`Nobody answers "${question}"`)
    process.stderr.write(`${answer}\n`)
    return answer
  },
  readStdin: async () => '',
  cwd: process.cwd(),
  env: { TERM: 'dumb', ...process.env },
  interrupted: () => new AbortController().signal,
})
