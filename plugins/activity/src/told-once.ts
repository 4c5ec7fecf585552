import type { Entry } from './entry.ts'
import type { Verb } from './verbs.ts'

/** What a dataset's update says less exactly. */
const MORE_EXACT: ReadonlySet<Verb> = new Set([
  'dataset_created',
  'resource_created',
  'resource_updated',
  'resource_deleted',
])

/**
 * The `entries` of one transaction without those that others tell: a resource's deletion with its dataset, a dataset's update when it
 * was one of its resources that changed, the same twice. An update that publishes stays two.
 */
export function toldOnce(entries: readonly Entry[]): Entry[] {
  const deleted = datasetsWith(entries, ({ verb }) => verb === 'dataset_deleted')
  const exact = datasetsWith(entries, ({ verb }) => MORE_EXACT.has(verb))
  const told = new Map<string, Entry>()
  for (const entry of entries) {
    const { verb, subject, dataset = '' } = entry
    if (subject.kind === 'resource' && deleted.has(dataset)) continue
    if (verb === 'dataset_updated' && exact.has(dataset)) continue
    const key = [verb, subject.id, entry.data?.['user'], entry.data?.['token']].join(' ')
    const before = told.get(key)
    told.set(key, before === undefined ? entry : together(before, entry))
  }
  return [...told.values()]
}

function datasetsWith(entries: readonly Entry[], test: (entry: Entry) => boolean): ReadonlySet<string> {
  return new Set(entries.filter(test).flatMap(({ dataset }) => dataset ?? []))
}

/** `later` with the rows of `earlier` counted in. */
function together(earlier: Entry, later: Entry): Entry {
  const counted = [earlier, later].map(({ data }) => data?.['rows'])
  const [first, second] = counted
  if (typeof first !== 'number' || typeof second !== 'number') return later
  return { ...later, data: { ...later.data, rows: first + second } }
}
