/** The organization that the samples belong to. */
export const SAMPLE_ORGANIZATION = {
  name: 'harbour-town',
  title: 'Harbour Town',
  description: 'A town that is not there, with data to try the portal with.',
}

/** A dataset as `package_create` takes it. */
export interface SampleDataset {
  readonly name: string
  readonly title: string
  readonly notes: string
  readonly license_id: string
  readonly tags: readonly { readonly name: string }[]
  readonly resources: readonly SampleLink[]
}

/** A link to nowhere: `example.org` is nobody's. */
interface SampleLink {
  readonly name: string
  readonly format: string
  readonly url: string
}

/** The dataset that gets an uploaded file. */
export const TIDES: SampleDataset = dataset(
  'tide-levels',
  'Tide levels in the harbour',
  'The water level at the two gauges of the harbour, every hour for two days.',
  ['water', 'tides', 'harbour'],
)

/** The datasets that there are besides, with links alone. */
export const OTHER_DATASETS: readonly SampleDataset[] = [
  dataset(
    'street-trees',
    'Street trees',
    'Every tree that the town looks after: kind, year of planting, and where it stands.',
    ['trees', 'environment'],
    ['Trees', 'CSV', 'street-trees.csv'],
    ['Map of the trees', 'GeoJSON', 'street-trees.geojson'],
  ),
  dataset(
    'library-loans',
    'Library loans',
    'How many books each of the three libraries lent, by month.',
    ['libraries', 'culture'],
    ['Loans by month', 'CSV', 'loans.csv'],
  ),
  dataset(
    'cycle-counts',
    'Cycle counts',
    'Bicycles that passed the counters on the bridges, by hour.',
    ['transport', 'cycling'],
    ['Counts', 'JSON', 'cycle-counts.json'],
    ['Where the counters are', 'GeoJSON', 'counters.geojson'],
  ),
  dataset(
    'air-quality',
    'Air quality',
    'Fine dust and nitrogen dioxide at the station by the ferry, by day.',
    ['air', 'environment'],
    ['Daily means', 'CSV', 'air-quality.csv'],
  ),
  dataset(
    'budget',
    'Budget of the town',
    'What the town plans to spend and to take in, by department.',
    ['money', 'council'],
    ['Plan', 'XLSX', 'budget.xlsx'],
    ['Explanations', 'PDF', 'budget.pdf'],
  ),
]

function dataset(
  name: string,
  title: string,
  notes: string,
  tags: readonly string[],
  ...links: readonly (readonly [name: string, format: string, file: string])[]
): SampleDataset {
  return {
    name,
    title,
    notes,
    license_id: 'cc-by',
    tags: tags.map((tag) => ({ name: tag })),
    resources: links.map(([link, format, file]) => ({
      name: link,
      format,
      url: `https://example.org/${file}`,
    })),
  }
}
