import type { Delivery } from '../delivery.ts'
import { defineInterface, type Interface } from '../interface.ts'

/** Implemented by plugins that add a way to deliver. */
export interface IDeliveries {
  getDeliveries(): readonly Delivery[]
}

export const IDeliveries: Interface<IDeliveries> = defineInterface<IDeliveries>('aldis:IDeliveries', [
  'getDeliveries',
])
