import type { Command, CommandContext } from '@aldis/core'
import { em } from '@aldis/models'

import { Dataset } from '../entities/dataset.ts'
import { Organization } from '../entities/organization.ts'
import type { PortalServices } from '../portal-services.ts'
import { fakeDataset, fakeOrganization, type FakeParameters } from './fake-data.ts'
import { ProgressBar } from './progress-bar.ts'

const ORGANIZATIONS = 3

/** `aldis generate fake-data` */
export function generateFakeData(services: PortalServices): Command {
  return {
    name: 'generate fake-data',
    description: 'Make organizations and datasets about nothing, to try the portal with',
    options: [
      { name: 'datasets', description: 'how many datasets', type: 'number', default: 20 },
      { name: 'seed', description: 'the same number makes the same data', type: 'number' },
    ],
    needs: 'start',
    run: ({ options }, context) => {
      const { datasets, seed } = options
      return generate(
        services,
        context,
        Math.max(0, Math.trunc(Number(datasets))),
        typeof seed === 'number' ? seed : undefined,
      )
    },
  }
}

async function generate(
  { actions }: PortalServices,
  context: CommandContext,
  count: number,
  seed: number | undefined,
): Promise<void> {
  // It takes a while to import, and no other command needs it.
  const { faker } = await import('@faker-js/faker/locale/en')
  faker.seed(seed)
  const make = (action: string, parameters: FakeParameters): Promise<unknown> =>
    actions.call(action, parameters, { trusted: true })

  const organizations: string[] = []
  for (let at = 0; at < ORGANIZATIONS; at++) {
    const organization = fakeOrganization(faker)
    const { name } = organization
    if ((await em().count(Organization, { name })) === 0) await make('organization_create', organization)
    organizations.push(name)
  }
  const bar = new ProgressBar(count, context)
  let made = 0
  try {
    for (let at = 0; at < count; at++) {
      context.signal.throwIfAborted()
      bar.show(at)
      const dataset = fakeDataset(faker, organizations)
      const { name } = dataset
      if ((await em().count(Dataset, { name, state: { $ne: 'deleted' } })) > 0) continue
      await make('package_create', dataset)
      made += 1
    }
  } finally {
    bar.end()
  }
  const there = count - made
  context.stderr(`Made ${made} datasets.${there > 0 ? ` ${there} were there already.` : ''}\n`)
}
