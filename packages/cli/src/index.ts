export { runAldis } from './run-aldis.ts'
export type { Terminal } from './terminal.ts'
export { ExitCode } from './exit-code.ts'
