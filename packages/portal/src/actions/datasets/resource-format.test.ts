import { expect, test } from 'vitest'

import { spelledFormat } from './resource-format.ts'

test.each([
  ['csv', 'CSV'],
  [' Csv ', 'CSV'],
  ['geojson', 'GeoJSON'],
  ['GEOJSON', 'GeoJSON'],
  ['GeoJSON', 'GeoJSON'],
  ['my own format', 'my own format'],
  ['', ''],
])('%j is stored as %j', (written, stored) => {
  expect(spelledFormat(written)).toBe(stored)
})
