import type { FieldProblems } from '../action-errors.ts'
import { html, type Html } from '../html.ts'

/** Everything that is wrong with the parameter `name`, as sentences. */
export function problemsOf(problems: FieldProblems, name: string): readonly string[] {
  return (problems[name] ?? []).flatMap((problem) =>
    typeof problem === 'string' ? [problem] : Object.keys(problem).flatMap((key) => problemsOf(problem, key)),
  )
}

/** All of `problems`, for a page without a form. */
export function problemList(problems: FieldProblems): Html {
  return html`<ul class="problems">
    ${Object.keys(problems).map((name) => html`<li><code>${name}</code>: ${problemsOf(problems, name).join('. ')}</li>`)}
  </ul>`
}
