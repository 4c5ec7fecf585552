interface Change {
  readonly kind: ' ' | '-' | '+'
  readonly line: string
}

const CONTEXT = 2
/** Beyond this many comparisons the lines between the first and the last difference count as changed. */
const MOST_COMPARISONS = 4_000_000

/** The lines in which `after` differs from `before`, each with two lines around it, as `diff -u` prints them; '' for none. */
export function lineDiff(name: string, before: string, after: string): string {
  if (before === after) return ''
  const changes = changesBetween(before.split(/\r?\n/), after.split(/\r?\n/))
  const shown = changes.map((_, index) =>
    changes.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ kind }) => kind !== ' '),
  )
  const lines = [`--- ${name}`, `+++ ${name}`]
  let [oldLine, newLine] = [1, 1]
  for (let index = 0; index < changes.length;) {
    const start = index
    while (index < changes.length && shown[index] === shown[start]) index++
    const run = changes.slice(start, index)
    const oldCount = run.filter(({ kind }) => kind !== '+').length
    const newCount = run.filter(({ kind }) => kind !== '-').length
    if (shown[start] === true) {
      lines.push(`@@ -${oldLine},${oldCount} +${newLine},${newCount} @@`)
      lines.push(...run.map(({ kind, line }) => kind + line))
    }
    oldLine += oldCount
    newLine += newCount
  }
  return `${lines.join('\n')}\n`
}

function changesBetween(before: readonly string[], after: readonly string[]): Change[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++
  }
  return [
    ...before.slice(0, head).map((line): Change => ({ kind: ' ', line })),
    ...changesOfMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map((line): Change => ({ kind: ' ', line })),
  ]
}

/** The changes with the longest common part kept. */
function changesOfMiddle(before: readonly string[], after: readonly string[]): Change[] {
  const removed = (line: string): Change => ({ kind: '-', line })
  const added = (line: string): Change => ({ kind: '+', line })
  if (before.length * after.length > MOST_COMPARISONS) return [...before.map(removed), ...after.map(added)]
  const width = after.length + 1
  /** At `i * width + j`, the length of what `before` from line i and `after` from line j have in common. */
  const common = new Uint32Array((before.length + 1) * width)
  const at = (i: number, j: number): number => common[i * width + j] ?? 0
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      common[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
    }
  }
  const changes: Change[] = []
  for (let [i, j] = [0, 0]; i < before.length || j < after.length;) {
    const [left, right] = [before[i], after[j]]
    if (left !== undefined && left === right) {
      changes.push({ kind: ' ', line: left })
      i++
      j++
    } else if (left !== undefined && (right === undefined || at(i + 1, j) >= at(i, j + 1))) {
      changes.push(removed(left))
      i++
    } else if (right !== undefined) {
      changes.push(added(right))
      j++
    }
  }
  return changes
}
