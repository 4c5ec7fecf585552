import { NotFoundError, ValidationError } from '../action-errors.ts'
import type { PortalServices } from '../portal-services.ts'
import type { Action } from './action.ts'

/** The action `help_show`: the help of the action that `name` names. */
export function helpShow(services: PortalServices): Action {
  return {
    help: 'Return the help of an action. Parameter: name, the name of the action.',
    sideEffectFree: true,
    auth: null,
    run: (_context, { name }) => {
      if (typeof name !== 'string' || name === '') throw new ValidationError({ name: ['Missing value'] })
      const action = services.actions.find(name)
      if (action === undefined) throw new NotFoundError(name)
      return action.help
    },
  }
}
