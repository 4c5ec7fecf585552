import { codeOf } from './exit-code.ts'

/** `error CODE: message`; further lines of the message are indented. With `debug` the stacks follow. */
export function describeError(error: unknown, debug = false): string {
  const code = codeOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const [first = '', ...rest] = text.split('\n')
  const lines = [`error${code === undefined ? '' : ` ${code}`}: ${first}`, ...rest.map((line) => `  ${line}`)]
  if (debug) {
    for (let at: unknown = error; at instanceof Error; at = at.cause) lines.push(at.stack ?? String(at))
  }
  return `${lines.join('\n')}\n`
}
