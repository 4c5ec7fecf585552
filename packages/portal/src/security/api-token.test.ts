import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'

import { SignJWT, UnsecuredJWT } from 'jose'
import { expect, test } from 'vitest'

import { bearerOf, createApiToken, readApiToken } from './api-token.ts'

const key = randomBytes(32)
const id = randomBytes(32).toString('base64url')

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token made by hand, whose signature is right whatever its header says. */
function signed(header: object, claims: object | null, by: Uint8Array | string = key): string {
  const content = `${encode(header)}.${encode(claims)}`
  return `${content}.${createHmac('sha256', by).update(content).digest('base64url')}`
}

test('a token is read as what was stored when it was made', async () => {
  const { token, id, hash } = await createApiToken(key)

  expect(await readApiToken(token, key)).toEqual({ id, hash })
  expect(id).toMatch(/^[\w-]{43}$/)
  expect(hash).toMatch(/^[\da-f]{64}$/)
})

test('a token says its id and when it was made, and nothing more', async () => {
  const { token, id } = await createApiToken(key)
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

  expect(claims).toEqual({ jti: id, iat: expect.any(Number) as unknown })
})

test('no two tokens are alike', async () => {
  const made = await Promise.all(Array.from({ length: 50 }, () => createApiToken(key)))

  expect(new Set(made.map(({ id }) => id)).size).toBe(50)
  expect(new Set(made.map(({ hash }) => hash)).size).toBe(50)
})

test('a token of another key, and one that was changed, are nobody’s', async () => {
  const { token } = await createApiToken(key)
  const [header = '', , signature = ''] = token.split('.')

  expect(await readApiToken(token, randomBytes(32))).toBeUndefined()
  expect(await readApiToken(`${header}.${encode({ jti: id, iat: 1 })}.${signature}`, key)).toBeUndefined()
  expect(await readApiToken(`${token}x`, key)).toBeUndefined()
  expect(await readApiToken(token.slice(0, -2), key)).toBeUndefined()
})

test('only the algorithm that signs is accepted', async () => {
  const claims = { jti: id, iat: 1 }
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' })

  // What is made by hand is accepted when its header is right: the refusals below are the header's.
  expect(await readApiToken(signed({ alg: 'HS256' }, claims), key)).toMatchObject({ id })
  const refused = [
    new UnsecuredJWT(claims).encode(),
    signed({ alg: 'none' }, claims),
    signed({ alg: 'NONE' }, claims),
    signed({ alg: 'HS512' }, claims),
    signed({ alg: 'RS256' }, claims, publicPem),
    await new SignJWT(claims).setProtectedHeader({ alg: 'RS256' }).sign(privateKey),
    await new SignJWT(claims).setProtectedHeader({ alg: 'HS512' }).sign(randomBytes(64)),
    signed({ alg: 'HS256', crit: ['x'], x: 1 }, claims),
    signed({}, claims),
  ]
  for (const token of refused) expect(await readApiToken(token, key)).toBeUndefined()
})

test('claims of another form are refused, signed or not', async () => {
  for (const claims of [
    {},
    { jti: id },
    { iat: 1 },
    { jti: 'short', iat: 1 },
    { jti: 7, iat: 1 },
    [],
    null,
  ]) {
    expect(await readApiToken(signed({ alg: 'HS256' }, claims), key)).toBeUndefined()
  }
  expect(await readApiToken(signed({ alg: 'HS256' }, { jti: id, iat: 1, exp: 2 }), key)).toBeUndefined()
})

test.each([
  '',
  '.',
  '..',
  '...',
  'a.b.c',
  'é.é.é',
  '\u0000',
  'x'.repeat(1_000_000),
  'null',
  '{}',
  'e30.e30.e30',
])('what is no token is nobody’s and throws nothing (%#)', async (text) => {
  expect(await readApiToken(text, key)).toBeUndefined()
})

test.each([
  ['eyJ.a.b', 'eyJ.a.b'],
  ['Bearer eyJ.a.b', 'eyJ.a.b'],
  ['bearer   eyJ.a.b ', 'eyJ.a.b'],
  ['nonsense', 'nonsense'],
  ['Basic dXNlcjpwYXNz', undefined],
  ['Digest username="x", realm="y"', undefined],
  ['', undefined],
  [undefined, undefined],
])('Authorization: %s has the token %s', (authorization, token) => {
  expect(bearerOf(authorization === undefined ? {} : { authorization })).toBe(token)
})

test('the other header that CKAN’s clients send is ignored', () => {
  expect(bearerOf({ 'x-ckan-api-key': 'eyJ.a.b' })).toBeUndefined()
})
