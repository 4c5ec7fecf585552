#!/usr/bin/env node
import module from 'node:module'

const [major = 0] = process.versions.node.split('.').map(Number)
if (major < 24) {
  process.stderr.write(`error: aldis needs Node 24 or newer; this is ${process.version}.\n`)
  process.exit(1)
}
module.enableCompileCache()

const argv = process.argv.slice(2)
if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // The most common question of scripts is answered before anything else is loaded.
  const { version } = await import('./version.ts')
  process.stdout.write(`${version()}\n`)
} else {
  const { runAldis } = await import('./run-aldis.ts')
  const { processTerminal, drained } = await import('./process-terminal.ts')
  const code = await runAldis(argv, processTerminal())
  await drained()
  // A plugin that left a timer or a socket open must not keep a finished command alive.
  process.exit(code)
}
