import { z } from 'zod'

/** Of what actions return, what pages show. Plugins may have changed it: what is not as it must be is left out. */
const text = z.string().catch('')
const nullable = z.string().nullable().catch(null)
const count = z.number().catch(0)

/** A resource, for its page. */
export const ShownResource = z.looseObject({
  id: text,
  package_id: text,
  name: nullable,
  description: nullable,
  url: text,
  url_type: nullable,
  format: text,
  mimetype: nullable,
  size: z.number().nullable().catch(null),
  hash: nullable,
  created: nullable,
  last_modified: nullable,
})
export type ShownResource = z.output<typeof ShownResource>

/** An organization, for its page. */
export const ShownOrganization = z.looseObject({
  id: text,
  name: text,
  title: text,
  description: nullable,
  created: nullable,
  package_count: count,
  users: z.array(z.looseObject({ name: text, display_name: text, capacity: text })).catch([]),
})
export type ShownOrganization = z.output<typeof ShownOrganization>

/** A dataset, for its page. */
export const ShownDataset = z.looseObject({
  id: text,
  name: text,
  title: text,
  notes: nullable,
  private: z.boolean().catch(false),
  state: text,
  owner_org: nullable,
  organization: ShownOrganization.nullable().catch(null),
  author: nullable,
  author_email: nullable,
  maintainer: nullable,
  maintainer_email: nullable,
  license_id: nullable,
  license_title: nullable,
  url: nullable,
  version: nullable,
  metadata_created: nullable,
  metadata_modified: nullable,
  tags: z.array(z.looseObject({ name: text })).catch([]),
  extras: z.array(z.looseObject({ key: text, value: text })).catch([]),
  resources: z.array(ShownResource).catch([]),
})
export type ShownDataset = z.output<typeof ShownDataset>

/** One value of a facet, and how many of the datasets that were found have it. */
const FacetItem = z.looseObject({ name: text, display_name: text, count })

/** What a search of datasets found. */
export const FoundDatasets = z.looseObject({
  count,
  results: z.array(ShownDataset).catch([]),
  search_facets: z.record(z.string(), z.looseObject({ items: z.array(FacetItem).catch([]) })).catch({}),
})
export type FoundDatasets = z.output<typeof FoundDatasets>

/** A user, for the user's page. */
export const ShownUser = z.looseObject({
  id: text,
  name: text,
  fullname: nullable,
  display_name: text,
  about: nullable,
  email: nullable.optional(),
  created: nullable,
  state: text,
  sysadmin: z.boolean().catch(false),
  number_created_packages: count,
})
export type ShownUser = z.output<typeof ShownUser>

/** An API token in a list. */
export const ShownToken = z.looseObject({ id: text, name: text, created_at: nullable, last_access: nullable })
export type ShownToken = z.output<typeof ShownToken>
