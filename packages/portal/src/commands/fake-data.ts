import type { Faker } from '@faker-js/faker'

/** What a dataset, or an organization, is made from: the parameters of an action. */
export type FakeParameters = Record<string, unknown> & { readonly name: string }

const FORMATS = ['CSV', 'JSON', 'XLSX', 'PDF', 'GeoJSON']
const LICENSES = ['cc-by', 'cc-zero', 'odc-odbl']

/** An organization that is not there. */
export function fakeOrganization(faker: Faker): FakeParameters {
  const title = `${faker.location.city()} ${faker.helpers.arrayElement(['Council', 'Harbour', 'Institute', 'Library'])}`
  return { name: nameFrom(title), title, description: faker.company.catchPhrase() }
}

/** A dataset that is about nothing, of one of `organizations`. */
export function fakeDataset(faker: Faker, organizations: readonly string[]): FakeParameters {
  const [noun, adjective] = [faker.word.noun(), faker.word.adjective()]
  const place = faker.location.city()
  const title = `${capitalised(adjective)} ${noun} in ${place}`
  const tags = new Set([noun, adjective, faker.word.noun()].map((word) => word.toLowerCase()))
  return {
    name: nameFrom(`${title} ${faker.string.alphanumeric({ length: 6, casing: 'lower' })}`),
    title,
    notes: faker.lorem.paragraphs({ min: 1, max: 3 }),
    owner_org: faker.helpers.arrayElement(organizations),
    author: faker.person.fullName(),
    license_id: faker.helpers.arrayElement(LICENSES),
    tags: [...tags].map((name) => ({ name })),
    resources: faker.helpers.multiple(() => fakeResource(faker), { count: { min: 1, max: 4 } }),
  }
}

/** A link to nowhere: `example.org` is nobody's. */
function fakeResource(faker: Faker): Record<string, unknown> {
  const format = faker.helpers.arrayElement(FORMATS)
  const file = nameFrom(faker.word.words(2))
  return {
    name: capitalised(faker.word.words(2)),
    description: faker.lorem.sentence(),
    format,
    url: `https://example.org/${file}.${format.toLowerCase()}`,
  }
}

function nameFrom(text: string): string {
  const words =
    text
      .normalize('NFKD')
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  return words.join('-').slice(0, 100)
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
