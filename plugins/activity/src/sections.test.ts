import { html } from '@aldis/portal'
import { expect, test } from 'vitest'

import type { ActivityDict } from './activity-json.ts'
import { activitySection } from './sections.ts'

const rivers = { id: 'd1', name: 'rivers', title: 'Rivers' }

/** What a section says of `activity`, and its markup. */
async function section(activity: Partial<ActivityDict>): Promise<{ text: string; markup: string }> {
  const whole: ActivityDict = {
    id: 1,
    timestamp: '2026-03-04T05:06:07.000000',
    user_id: 'u1',
    user_name: 'ada',
    activity_type: 'dataset_created',
    object_type: 'dataset',
    object_id: 'd1',
    object_title: 'Rivers',
    package: rivers,
    data: {},
    ...activity,
  }
  const view = { actor: null, call: () => Promise.resolve([whole]) }
  const { markup } = html`${await activitySection(view, 'package_activity_list', 'd1')}`
  const item = /<li>([^]*?)<span/.exec(markup)?.[1] ?? ''
  return {
    markup,
    text: item
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/\s+/g, ' ')
      .trim(),
  }
}

const resource = { object_type: 'resource', object_id: 'r1', object_title: 'a.csv' } as const
const organization = {
  object_type: 'organization',
  object_id: 'o1',
  object_title: 'Port',
  package: null,
} as const
const user = { object_type: 'user', object_id: 'u1', object_title: 'ada', package: null } as const

const cases: [says: string, activity: Partial<ActivityDict>][] = [
  ['ada created the dataset Rivers', {}],
  ['ada changed the dataset Rivers', { activity_type: 'dataset_updated' }],
  ['ada published the dataset Rivers', { activity_type: 'dataset_published' }],
  ['ada deleted the dataset Rivers', { activity_type: 'dataset_deleted' }],
  ['ada added the resource a.csv to Rivers', { ...resource, activity_type: 'resource_created' }],
  ['ada changed the resource a.csv of Rivers', { ...resource, activity_type: 'resource_updated' }],
  ['ada deleted a resource of Rivers', { ...resource, object_title: '', activity_type: 'resource_deleted' }],
  ['ada added a resource to Rivers', { ...resource, object_title: '', activity_type: 'resource_created' }],
  [
    '3 rows of a.csv of Rivers were loaded from its file',
    {
      ...resource,
      user_id: null,
      user_name: null,
      activity_type: 'datastore_written',
      data: { rows: 3, fromFile: true },
    },
  ],
  [
    '1 row of a.csv of Rivers was loaded from its file',
    {
      ...resource,
      user_id: null,
      user_name: null,
      activity_type: 'datastore_written',
      data: { rows: 1, fromFile: true },
    },
  ],
  [
    'ada wrote 1 row of a.csv of Rivers',
    { ...resource, activity_type: 'datastore_written', data: { rows: 1 } },
  ],
  ['ada deleted all rows of a.csv of Rivers', { ...resource, activity_type: 'datastore_deleted', data: {} }],
  [
    'ada deleted the table of a.csv of Rivers',
    { ...resource, activity_type: 'datastore_deleted', data: { rows: 7, tableDropped: true } },
  ],
  ['ada created the organization Port', { ...organization, activity_type: 'organization_created' }],
  ['ada changed the organization Port', { ...organization, activity_type: 'organization_updated' }],
  ['ada deleted the organization Port', { ...organization, activity_type: 'organization_deleted' }],
  [
    'ada made eve editor of the organization Port',
    { ...organization, activity_type: 'member_added', data: { user: 'eve', role: 'editor' } },
  ],
  [
    'ada took eve out of the organization Port',
    { ...organization, activity_type: 'member_removed', data: { user: 'eve' } },
  ],
  ['ada joined', { ...user, activity_type: 'user_created' }],
  ['ada set a new password', { ...user, activity_type: 'password_reset' }],
  ['ada made the API token ci', { ...user, activity_type: 'token_created', data: { token: 'ci' } }],
  [
    'root took back the API token ci of ada',
    { ...user, user_id: 'u2', user_name: 'root', activity_type: 'token_revoked', data: { token: 'ci' } },
  ],
  ['The portal created the dataset Rivers', { user_id: null, user_name: null }],
]

test.each(cases)('%s', async (says, activity) => {
  expect((await section(activity)).text).toBe(says)
})

test('who and what are links, unless they are gone', async () => {
  const { markup } = await section({ ...resource, activity_type: 'resource_created' })
  expect(markup).toContain('<a href="/user/ada">ada</a>')
  expect(markup).toContain('<a href="/dataset/rivers/resource/r1">a.csv</a>')
  expect(markup).toContain('<a href="/dataset/rivers">Rivers</a>')

  const gone = await section({ activity_type: 'dataset_deleted', user_id: null })
  expect(gone.markup).not.toContain('<a ')
})

test('the moment is a time element', async () => {
  expect((await section({})).markup).toContain(
    '<time datetime="2026-03-04T05:06:07.000Z">4 Mar 2026, 05:06 UTC</time>',
  )
})

test('what people wrote is text and never HTML', async () => {
  const { markup } = await section({
    ...resource,
    object_title: '<script>alert(1)</script>',
    user_name: '"><img src=x>',
    package: { ...rivers, title: '<b>Rivers</b>' },
    activity_type: 'resource_created',
  })
  expect(markup).not.toMatch(/<script|<img|<b>/)
  expect(markup).toContain('&lt;script&gt;')
})

test('without activities it says so', async () => {
  const view = { actor: null, call: () => Promise.resolve([]) }
  const { markup } = html`${await activitySection(view, 'user_activity_list', 'u1')}`
  expect(markup).toContain('Nothing has happened yet.')
})
