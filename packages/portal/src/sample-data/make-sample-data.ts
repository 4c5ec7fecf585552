import { randomBytes, randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'

import { transaction } from '@aldis/models'
import { z } from 'zod'

import type { PortalServices } from '../portal-services.ts'
import { UploadedFile } from '../request-parameters/uploaded-file.ts'
import { OTHER_DATASETS, SAMPLE_ORGANIZATION, TIDES } from './sample-datasets.ts'
import { tideLevels } from './tide-levels.ts'

/** Who may log in once there is sample data. */
export interface SampleLogin {
  readonly name: string
  /** It is random, and kept nowhere but hashed. */
  readonly password: string
}

const Made = z.object({ id: z.string() })

/** Make a sysadmin, an organization and some datasets, one of them with an uploaded file: all of it or nothing. */
export async function makeSampleData(services: PortalServices): Promise<SampleLogin> {
  const login = { name: 'admin', password: randomBytes(12).toString('base64url') }
  const file = await storedFile(services)
  try {
    await transaction(() => fill(services, login, file))
  } finally {
    if (!file.claimed) await services.storage.remove(file.id)
  }
  return login
}

async function fill({ actions }: PortalServices, login: SampleLogin, file: UploadedFile): Promise<void> {
  const user = { ...login, email: 'admin@example.org', fullname: 'Administrator', sysadmin: true }
  const { id } = Made.parse(await actions.call('user_create', user, { trusted: true }))
  const caller = { actor: { id, name: login.name, sysadmin: true }, trusted: true }
  const organization = Made.parse(await actions.call('organization_create', SAMPLE_ORGANIZATION, caller))
  for (const dataset of [TIDES, ...OTHER_DATASETS]) {
    await actions.call('package_create', { ...dataset, owner_org: organization.id }, caller)
  }
  const upload = { package_id: TIDES.name, name: 'Levels by hour', format: 'CSV', upload: file }
  await actions.call('resource_create', upload, caller)
}

/** The file of the samples, as if it had come with a request. */
async function storedFile({ storage, settings }: PortalServices): Promise<UploadedFile> {
  const id = randomUUID()
  const data = Readable.from([Buffer.from(tideLevels())])
  const { size, hash } = await storage.write(id, data, { maxBytes: settings.maxUploadBytes })
  return new UploadedFile({ id, filename: 'tide-levels.csv', mimetype: 'text/csv', size, hash })
}
