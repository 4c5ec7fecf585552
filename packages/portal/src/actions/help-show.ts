import { invalid, notFound, type Action } from './action.ts'

/** The action `help_show`: the help of the action that `name` names. */
export function helpShow(actions: ReadonlyMap<string, Action>): Action {
  return {
    name: 'help_show',
    help: 'Return the help of an action. Parameter: name, the name of the action.',
    run({ name }) {
      if (typeof name !== 'string' || name === '') return invalid('name', 'Missing value')
      const action = actions.get(name)
      return action === undefined ? notFound(name) : { success: true, result: action.help }
    },
  }
}
