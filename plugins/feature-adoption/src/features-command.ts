import { textTable, type Command, type TextColumn, type TextRow } from '@aldis/core'

import type { Adoption, FeatureAdoption } from './feature-adoption.ts'
import { FeatureOrganizationError } from './feature-errors.ts'
import { organizationNamed } from './whose-use.ts'

const COLUMNS: readonly TextColumn[] = [
  { header: 'ORGANIZATION', flexible: true },
  { header: 'FEATURE' },
  { header: 'SINCE' },
  { header: 'USER' },
]

/** `aldis features` */
export function featuresCommand(adoptions: FeatureAdoption): Command {
  return {
    name: 'features',
    description: 'List what organizations, and the site itself, use since when',
    arguments: [
      { name: 'organization', description: 'only that of one, by its name or id', required: false },
    ],
    options: [{ name: 'json', description: 'print one JSON document instead of a table', type: 'boolean' }],
    needs: 'start',
    async run({ arguments: { organization }, options }, { stdout, stderr, isTTY, columns }) {
      const found = await adoptions.adopted(organization === undefined ? undefined : await idOf(organization))
      if (options['json'] === true) {
        const $schema = 'https://aldis.dev/schemas/features.v1.json'
        stdout(`${JSON.stringify({ $schema, version: 1, features: found }, null, 2)}\n`)
        return
      }
      if (found.length > 0) stdout(textTable(COLUMNS, found.map(rowOf), isTTY ? columns : undefined))
      stderr(`\n${summary(found)}\n`)
    },
  }
}

async function idOf(reference: string): Promise<string> {
  const found = await organizationNamed(reference)
  if (found === null) throw new FeatureOrganizationError(reference)
  return found.id
}

function rowOf({ organization, feature, since, user }: Adoption): TextRow {
  return {
    cells: [organization?.name ?? '(site)', feature, since.toISOString().slice(0, 10), user?.name ?? '-'],
  }
}

function summary(found: readonly Adoption[]): string {
  const organizations = new Set(found.flatMap(({ organization }) => organization?.id ?? [])).size
  const of = organizations === 1 ? '1 organization' : `${organizations} organizations`
  const site = found.some(({ organization }) => organization === null) ? ' and the site' : ''
  return `${found.length} ${found.length === 1 ? 'row' : 'rows'} of ${of}${site}.`
}
