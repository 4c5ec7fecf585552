import { em } from '@aldis/models'
import { sql, type RawBuilder } from 'kysely'

import { NotFoundError } from '../../action-errors.ts'
import type { Action } from '../action.ts'
import { referenceIn, searchable } from './dataset-reference.ts'

const PUBLIC = sql`d.state = 'active' and not d.private`

/** The action `tag_list`: the tags of the datasets that everyone may see. */
const tagList: Action = {
  help: 'Return the tags of the public datasets, in order. Parameter: query, what they have in them.',
  sideEffectFree: true,
  auth: 'site_read',
  run: async (_context, { query }) => {
    const part = typeof query === 'string' ? searchable(query).toLowerCase() : ''
    const { rows } = await sql<{ tag: string }>`
      select distinct tag from datasets d, unnest(d.tags) as tag
      where ${PUBLIC} and strpos(lower(tag), ${part}) > 0
      order by tag
    `.execute(em().getKysely())
    return rows.map(({ tag }) => tag)
  },
}

/** The action `tag_show`: a tag of a dataset that everyone may see. */
const tagShow: Action = {
  help: 'Return a tag. Parameter: id, the name of the tag.',
  sideEffectFree: true,
  auth: 'site_read',
  run: async (_context, parameters) => {
    const name = referenceIn(parameters, 'id')
    if ((await datasetsTagged(name, PUBLIC)).length === 0) {
      throw new NotFoundError(`Could not find tag "${name}"`)
    }
    return { id: name, name, display_name: name, vocabulary_id: null }
  },
}

/** The action `tag_delete`: take a tag from all datasets. */
const tagDelete: Action = {
  help: 'Take a tag from every dataset that has it. Parameter: id, the name of the tag. For sysadmins.',
  // Whether there is such a tag is told to everyone, as CKAN does.
  auth: null,
  run: async (context, parameters) => {
    const name = referenceIn(parameters, 'id')
    const all = context.trusted || context.actor?.sysadmin === true
    const datasets = await datasetsTagged(name, all ? sql`d.state <> 'deleted'` : PUBLIC)
    if (datasets.length === 0) throw new NotFoundError(`Could not find tag "${name}"`)
    await context.checkAccess('tag_delete', parameters)
    for (const { id, tags } of datasets) {
      const rest = tags.filter((tag) => tag !== name).map((tag) => ({ name: tag }))
      await context.call('package_patch', { id, tags: rest })
      context.changed(id)
    }
    return null
  },
}

/** The actions about tags, by name. */
export const tagActions: Readonly<Record<string, Action>> = {
  tag_delete: tagDelete,
  tag_list: tagList,
  tag_show: tagShow,
}

interface Tagged {
  readonly id: string
  readonly tags: readonly string[]
}

async function datasetsTagged(name: string, among: RawBuilder<unknown>): Promise<readonly Tagged[]> {
  const { rows } = await sql<Tagged>`
    select d.id, to_json(d.tags) as tags from datasets d
    where d.tags @> array[${name}]::text[] and ${among} order by d.id
  `.execute(em().getKysely())
  return rows
}
