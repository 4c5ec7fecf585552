import { expect, test, vi } from 'vitest'
import { missingRequirements, pathOf, requiredNames, requires } from './requirements.ts'

test('everything that ALDIS_REQUIRE names is on this machine', () => {
  const missing = missingRequirements().filter(({ name }) => requiredNames().includes(name))

  expect(missing).toEqual([])
})

test('a suite runs where its requirement is found', () => {
  vi.stubEnv('CHROMIUM_PATH', process.execPath)

  expect(requires('chromium')).toEqual({})
  expect(pathOf('chromium')).toBe(process.execPath)
})

test('a suite is left out where its requirement is missing, with a line that says how to get it', () => {
  vi.stubEnv('CHROMIUM_PATH', '/nowhere/chromium')
  vi.stubEnv('ALDIS_REQUIRE', '')

  expect(requires('chromium')).toEqual({
    skip: true,
    meta: {
      leftOut:
        'left out: tests that need chromium (not found; apt-get install chromium, or set CHROMIUM_PATH to a Chrome or Chromium)',
    },
  })
  expect(() => pathOf('chromium')).toThrow('chromium is not on this machine: apt-get install chromium')
})

test('a missing requirement that ALDIS_REQUIRE names fails the file that needs it', () => {
  vi.stubEnv('CHROMIUM_PATH', '/nowhere/chromium')
  vi.stubEnv('ALDIS_REQUIRE', 'postgres, chromium')

  expect(() => requires('chromium')).toThrow('ALDIS_REQUIRE names chromium, which is not on this machine')
})

test('ALDIS_REQUIRE may be empty, and refuses a name it does not know', () => {
  expect(requiredNames('')).toEqual([])
  expect(requiredNames('chromium,postgres')).toEqual(['chromium', 'postgres'])
  expect(() => requiredNames('chromum')).toThrow('"chromum", which is not known. Known: chromium, postgres.')
})

test('a database given by DATABASE_URL counts as postgres', () => {
  vi.stubEnv('DATABASE_URL', 'postgres://localhost/aldis')

  expect(pathOf('postgres')).toBe('postgres://localhost/aldis')
})
