/** What a table does in a terminal that is too narrow for it. */
import { expect, test } from 'vitest'

import { textTable } from './index.ts'

const lines = (table: string): string[] => table.trimEnd().split('\n')

test('a name goes on below where the line does not fit, after a colon where that will do, else between words, else anywhere', () => {
  const columns = [{ header: 'NAME', wraps: true }, { header: 'N', number: true }, { header: 'STATE' }]
  const rows = [
    { cells: ['shop:order_placed', '1', 'on'], below: 'and what is said of it' },
    { cells: ['order_placed_and_paid', '22', 'on'] },
    { cells: ['till:order_placed_and_paid', '5', 'on'] },
    { cells: ['a'.repeat(23), '3', 'on'] },
    { cells: ['short', '4', 'on'] },
  ]
  expect(lines(textTable(columns, rows, 23))).toEqual([
    'NAME           N  STATE',
    'shop:          1  on',
    'order_placed',
    '    and what is said o…',
    'order_        22  on',
    'placed_and_',
    'paid',
    'till:order_    5  on',
    'placed_and_',
    'paid',
    'aaaaaaaaaaaa   3  on',
    'aaaaaaaaaaa',
    'short          4  on',
  ])
})

test('nothing is cut or broken where the width is not known', () => {
  const columns = [
    { header: 'NAME', wraps: true },
    { header: 'TEXT', flexible: true },
  ]
  const cells = ['n'.repeat(200), 't'.repeat(200)]
  expect(lines(textTable(columns, [{ cells }], undefined))[1]).toBe(cells.join('  '))
})

test('of two columns that can give way the widest does, until both are as wide', () => {
  const columns = [{ header: 'KEY', flexible: true }, { header: 'N' }, { header: 'NAME', wraps: true }]
  const rows = [
    { cells: ['k'.repeat(100), '1', 'shop:pack'] },
    { cells: ['kitchen', '2', 'warehouse:label'] },
  ]
  expect(lines(textTable(columns, rows, 40))).toEqual([
    'KEY                   N  NAME',
    `${'k'.repeat(19)}…  1  shop:pack`,
    'kitchen               2  warehouse:label',
  ])
  expect(lines(textTable(columns, rows, 25))).toEqual([
    'KEY         N  NAME',
    'kkkkkkkkk…  1  shop:pack',
    'kitchen     2  warehouse:',
    '               label',
  ])
})
