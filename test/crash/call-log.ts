import { readFile } from 'node:fs/promises'

import { CallLine } from './crash-plan.ts'

/** What receivers have written to the file at `path`, in order. */
export async function callsIn(path: string): Promise<CallLine[]> {
  const lines = (await readFile(path, 'utf8').catch(noneYet)).split('\n').filter((line) => line !== '')
  return lines.map((line) => CallLine.parse(JSON.parse(line)))
}

function noneYet(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
  throw error
}
