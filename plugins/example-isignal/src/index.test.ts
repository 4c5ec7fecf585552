/// <reference types="node" />
import { ISignal, signals } from '@aldis/core'
import { leakCheck, usePlugin } from '@aldis/core/testing'
import { expect, test } from 'vitest'

import ExampleISignalPlugin from './index.ts'

const isignalNumber = signals.ckanext.signal<number>('isignal_number')
const definition = { name: 'example_isignal', plugin: ExampleISignalPlugin }

/** What the receivers return for `sender`, smallest first. */
function valuesFor(sender: number): unknown[] {
  return isignalNumber
    .send(sender, undefined)
    .map(([, value]) => Number(value))
    .sort((a, b) => a - b)
}

test('without the plugin nobody receives the signal (S10)', () => {
  expect(isignalNumber.receiversFor(10)).toEqual([])
  expect(isignalNumber.hasReceivers).toBe(false)
})

test('with the plugin there are two receivers for the sender 10, and none after it (S11, S12)', async () => {
  using _leaks = leakCheck()
  {
    await using host = await usePlugin(definition)
    expect(ISignal.implementedBy(host.implementations(ISignal)[0]?.plugin)).toBe(true)
    expect(isignalNumber.receiversFor(10)).toHaveLength(2)
    expect(isignalNumber.receiversFor(5)).toHaveLength(1)
    expect(host.signals.find(({ signal }) => signal === isignalNumber)?.receivers).toMatchObject([
      { plugin: 'example_isignal', id: 'x2', sender: undefined, delivery: 'inline' },
      { plugin: 'example_isignal', id: 'x10', sender: '10', delivery: 'inline' },
    ])
  }
  expect(isignalNumber.receiversFor(10)).toEqual([])
})

test('x2 hears every sender and x10 the sender 10 alone (S13)', async () => {
  await using _host = await usePlugin(definition)

  expect(valuesFor(5)).toEqual([10])
  expect(valuesFor(10)).toEqual([20, 100])
})
