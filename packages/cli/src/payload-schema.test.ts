import { expect, test } from 'vitest'

import { exampleOf, fieldsOf, jsonSchemaOf } from './payload-schema.ts'

const schema = {
  type: 'object',
  required: ['user', 'tags', 'kind', 'actor', 'again'],
  properties: {
    user: {
      type: 'object',
      required: ['id'],
      properties: { id: { type: 'string', format: 'uuid' }, name: { type: 'string' } },
    },
    tags: { type: 'array', items: { type: 'object', required: [], properties: { at: { type: 'number' } } } },
    kind: { enum: ['a', 'b'] },
    actor: {
      anyOf: [{ type: 'object', required: ['id'], properties: { id: { type: 'string' } } }, { type: 'null' }],
    },
    again: { $ref: '#/$defs/flag' },
    note: {},
  },
  $defs: { flag: { type: 'boolean' } },
}

test('fields are listed with their paths, types and whether they are needed', () => {
  expect(
    fieldsOf(schema).map(({ path, type, required }) => `${path}: ${type}${required ? '' : ' (optional)'}`),
  ).toEqual([
    'user.id: string (uuid)',
    'user.name: string (optional)',
    'tags: object[]',
    'tags[].at: number (optional)',
    'kind: "a" | "b"',
    'actor: object | null',
    'actor.id: string',
    'again: boolean',
    'note: anything (optional)',
  ])
})

test('an example has what is needed and nothing else', () => {
  expect(exampleOf(schema)).toEqual({
    user: { id: '…' },
    tags: [],
    kind: 'a',
    actor: null,
    again: false,
  })
})

test.each([
  undefined,
  {},
  { '~standard': { version: 1 } },
  {
    '~standard': {
      jsonSchema: {
        output: () => {
          throw new Error('no')
        },
      },
    },
  },
])('what cannot be written as JSON Schema has none: %j', (given) => {
  expect(jsonSchemaOf(given)).toBeUndefined()
})

test('a schema that refers to itself ends', () => {
  const node = {
    type: 'object',
    required: ['child', 'others'],
    properties: {
      child: { anyOf: [{ $ref: '#/$defs/node' }, { type: 'null' }] },
      others: { type: 'array', items: { $ref: '#/$defs/node' } },
    },
  }
  const loop = { $ref: '#/$defs/node', $defs: { node } }
  expect(fieldsOf(loop).length).toBeLessThan(1000)
  expect(exampleOf(loop)).toEqual({ child: null, others: [] })
})
