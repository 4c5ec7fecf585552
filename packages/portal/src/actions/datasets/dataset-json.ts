import { sql, type RawBuilder } from 'kysely'

/** SQL for what `apiTime` makes of a time: the microseconds that the database has, a `Date` does not. */
function time(column: RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`to_char(${column} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US')`
}

/** SQL for the resource `r` as the API shows it, on the site at `siteUrl`. Keys that clients made up cannot hide the others. */
export function resourceJson(siteUrl: string): RawBuilder<Record<string, unknown>> {
  return sql`(
    '{"cache_last_updated": null, "cache_url": null, "mimetype_inner": null, "resource_type": null}'::jsonb
    || r.extras
    || jsonb_build_object(
      'id', r.id, 'package_id', r.dataset_id, 'position', r.position, 'state', r.state,
      'name', r.name, 'description', r.description, 'format', r.format,
      'mimetype', r.mimetype, 'size', r.size, 'hash', coalesce(r.hash, ''), 'url_type', r.url_type,
      'url', case when r.url_type = 'upload'
        then ${siteUrl}::text || '/dataset/' || r.dataset_id || '/resource/' || r.id || '/download/' || r.url
        else r.url end,
      'created', ${time(sql`r.created`)},
      'metadata_modified', ${time(sql`r.metadata_modified`)},
      'last_modified', ${time(sql`r.last_modified`)}
    )
  )`
}

/** SQL for the dataset `d`, whose organization, if it has one, is `o`, as the API shows it. */
export function datasetJson(siteUrl: string): RawBuilder<Record<string, unknown>> {
  return sql`json_build_object(
    'id', d.id, 'name', d.name, 'title', d.title, 'notes', d.notes, 'type', d.type,
    'private', d.private, 'state', d.state, 'owner_org', d.organization_id, 'creator_user_id', d.creator_id,
    'author', d.author, 'author_email', d.author_email,
    'maintainer', d.maintainer, 'maintainer_email', d.maintainer_email,
    'license_id', d.license_id, 'license_title', d.license_id, 'isopen', false,
    'url', d.url, 'version', d.version,
    'metadata_created', ${time(sql`d.metadata_created`)},
    'metadata_modified', ${time(sql`d.metadata_modified`)},
    'extras', d.extras,
    'num_tags', cardinality(d.tags),
    'tags', (
      select coalesce(json_agg(json_build_object(
        'name', tag, 'display_name', tag, 'state', 'active', 'vocabulary_id', null) order by tag), '[]')
      from unnest(d.tags) as tag
    ),
    'num_resources', (select count(*) from resources r where r.dataset_id = d.id and r.state = 'active'),
    'resources', (
      select coalesce(json_agg(${resourceJson(siteUrl)} order by r.position), '[]')
      from resources r where r.dataset_id = d.id and r.state = 'active'
    ),
    'organization', case when o.id is not null then json_build_object(
      'id', o.id, 'name', o.name, 'title', o.title, 'description', o.description, 'type', 'organization',
      'is_organization', true, 'approval_status', 'approved', 'image_url', '',
      'state', o.state, 'created', ${time(sql`o.created`)}) end,
    'groups', json_build_array(),
    'relationships_as_subject', json_build_array(),
    'relationships_as_object', json_build_array()
  )`
}
