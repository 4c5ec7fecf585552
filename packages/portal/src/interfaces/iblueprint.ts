import { defineInterface, type Blueprint, type Interface } from '@aldis/core'

/** Implemented by plugins that answer paths of their own. */
export interface IBlueprint {
  /** The routes. Asked for when the portal starts to serve; a path that is taken makes the start fail. */
  getBlueprints(): readonly Blueprint[]
}

export const IBlueprint: Interface<IBlueprint> = defineInterface<IBlueprint>('portal:IBlueprint', [
  'getBlueprints',
])
