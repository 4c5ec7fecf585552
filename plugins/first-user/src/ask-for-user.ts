import type { Upgraded } from '@aldis/models'
import { ValidationError, type FieldProblems, type Portal } from '@aldis/portal'

const MAX_TRIES = 3

type Ask = NonNullable<Upgraded['ask']>
type Tell = Upgraded['tell']

/** What is asked for, in this order. */
const QUESTIONS = [
  { field: 'name', question: 'Name: ', secret: false },
  { field: 'email', question: 'E-mail address: ', secret: false },
  { field: 'password', question: 'Password: ', secret: true },
] as const
type Question = (typeof QUESTIONS)[number]

/**
 * Ask for a sysadmin and make it; return its name. What the portal does not take is asked for again, three times in all.
 * Undefined when nobody was made: an answer was empty, nobody answers any more, or the answers would not do.
 */
export async function askForUser(portal: Portal, ask: Ask, tell: Tell): Promise<string | undefined> {
  tell('There is no sysadmin yet. Who is to administer this portal? An empty answer skips this.')
  const answers = new Map<string, string>()
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    for (const question of QUESTIONS.filter(({ field }) => !answers.has(field))) {
      const answer = await answerTo(question, ask, tell)
      if (answer === undefined) return undefined
      answers.set(question.field, answer)
    }
    const problems = await problemsWith(portal, answers)
    if (problems === undefined) return answers.get('name')
    for (const [field, messages] of Object.entries(problems)) {
      tell(`${field}: ${messages.map((each) => (typeof each === 'string' ? each : 'Invalid')).join('. ')}`)
      answers.delete(field)
    }
  }
  return undefined
}

/** What is typed; undefined for nothing, and when whoever was asked has ended it. */
async function answerTo({ question, secret }: Question, ask: Ask, tell: Tell): Promise<string | undefined> {
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const answer = await ask(question, { secret })
      if (answer.trim() === '') return undefined
      if (!secret) return answer.trim()
      if ((await ask('The same again: ', { secret })) === answer) return answer
      tell('password: The passwords you entered do not match')
    }
  } catch {
    // Interrupted, or the terminal is gone: nothing is wrong, and the upgrade is done.
  }
  return undefined
}

/** Make the user, or return what is wrong with the answers. */
async function problemsWith(
  portal: Portal,
  answers: ReadonlyMap<string, string>,
): Promise<FieldProblems | undefined> {
  try {
    await portal.call('user_create', { ...Object.fromEntries(answers), sysadmin: true }, { trusted: true })
    return undefined
  } catch (error) {
    if (error instanceof ValidationError) return error.problems
    throw error
  }
}
