import type { FieldProblems } from '../action-errors.ts'
import { html, type Html, type HtmlValue } from '../html.ts'
import type { Parameters } from '../request-parameters/json-parameters.ts'
import { problemsOf } from './problems.ts'

/** A form as it stands: what was entered, and what is wrong with it. */
export class Form {
  readonly values: Parameters
  readonly problems: FieldProblems
  readonly #labels = new Map<string, string>()

  constructor(values: Parameters = {}, problems: FieldProblems = {}) {
    this.values = values
    this.problems = problems
  }

  /** What was entered as `name`. */
  text(name: string): string {
    return textOf(this.values, name)
  }

  /** `title`, said to be about an error when there is one. */
  title(title: string): string {
    return Object.keys(this.problems).length === 0 ? title : `Error: ${title}`
  }

  /** A field for one line of text. */
  input(name: string, label: string, options: InputOptions = {}): Html {
    const { type = 'text', autocomplete, required = false, hint, maxLength, readOnly = false } = options
    return this.#field(
      name,
      label,
      hint,
      required,
    )(
      html`<input
        id="field-${name}"
        name="${name}"
        type="${type}"
        ${type !== 'password' && type !== 'file' && html`value="${this.text(name)}"`}
        ${autocomplete !== undefined && html`autocomplete="${autocomplete}"`}
        ${maxLength !== undefined && html`maxlength="${maxLength}"`}
        ${required && html`required`}
        ${readOnly && html`readonly`}
        ${this.#described(name, hint)}
      />`,
    )
  }

  /** A field for text of several lines. */
  area(
    name: string,
    label: string,
    options: { readonly hint?: HtmlValue; readonly rows?: number } = {},
  ): Html {
    const { hint, rows = 6 } = options
    const id = `field-${name}`
    // The line break after the tag is not part of the text. Without it, one that the text begins with would be lost.
    const text = this.text(name)
    return this.#field(
      name,
      label,
      hint,
      false,
    )(
      html`<textarea id="${id}" name="${name}" rows="${rows}" ${this.#described(name, hint)}>
${text}</textarea>`,
    )
  }

  /** A choice of one of `choices`: the values and their labels. */
  select(
    name: string,
    label: string,
    choices: readonly (readonly [value: string, label: string])[],
    options: { readonly hint?: HtmlValue } = {},
  ): Html {
    const chosen = this.text(name)
    const listed = choices.map(
      ([value, text]) =>
        html`<option value="${value}" ${value === chosen && html`selected`}>${text}</option>`,
    )
    return this.#field(
      name,
      label,
      options.hint,
      true,
    )(
      html`<select id="field-${name}" name="${name}" ${this.#described(name, options.hint)}>
        ${listed}
      </select>`,
    )
  }

  /** What is wrong with a group of fields that are not written here, as `label`. */
  wrong(name: string, label: string): HtmlValue {
    this.#labels.set(name, label)
    const wrong = problemsOf(this.problems, name)
    return wrong.length > 0 && html`<p class="wrong" id="wrong-${name}">${wrong.join('. ')}</p>`
  }

  /** What is wrong, with links to the fields; nothing when nothing is. Write it after the fields and show it before them. */
  summary(): HtmlValue {
    const names = Object.keys(this.problems)
    if (names.length === 0) return undefined
    return html`<div class="problems" role="alert" tabindex="-1" autofocus>
      <h2>This could not be saved</h2>
      <ul>
        ${names.map((name) => this.#problem(name))}
      </ul>
    </div>`
  }

  #problem(name: string): Html {
    const sentence = problemsOf(this.problems, name).join('. ')
    const label = this.#labels.get(name)
    if (label === undefined) return html`<li>${sentence === '' ? name : sentence}</li>`
    return html`<li><a href="#field-${name}">${label}: ${sentence}</a></li>`
  }

  #field(name: string, label: string, hint: HtmlValue, required: boolean): (control: Html) => Html {
    this.#labels.set(name, label)
    const wrong = problemsOf(this.problems, name)
    return (control) =>
      html`<div class="field${wrong.length > 0 && ' wrong'}">
        <label for="field-${name}"
          >${label}${!required && html` <span class="optional">(optional)</span>`}</label
        >
        ${hint !== undefined && html`<p class="hint" id="hint-${name}">${hint}</p>`}
        ${wrong.length > 0 && html`<p class="wrong" id="wrong-${name}">${wrong.join('. ')}</p>`} ${control}
      </div>`
  }

  #described(name: string, hint: HtmlValue): HtmlValue {
    const wrong = problemsOf(this.problems, name).length > 0
    const ids = [hint !== undefined && `hint-${name}`, wrong && `wrong-${name}`].filter((id) => id !== false)
    return [ids.length > 0 && html`aria-describedby="${ids.join(' ')}"`, wrong && html` aria-invalid="true"`]
  }
}

/** How a field for one line of text is. */
interface InputOptions {
  /** @defaultValue `'text'` */
  readonly type?: 'text' | 'email' | 'password' | 'url' | 'file' | 'search'
  readonly autocomplete?: string
  readonly required?: boolean
  readonly readOnly?: boolean
  readonly hint?: HtmlValue
  readonly maxLength?: number
}

/** The text that `values` has as `name`; the first of several, and nothing for what is no text. */
export function textOf(values: Parameters, name: string): string {
  return allOf(values, name).at(0) ?? ''
}

/** What was entered as `name`, without white space around it; null when that is nothing. Browsers end lines in text areas with two characters. */
export function enteredOf(values: Parameters, name: string): string | null {
  const entered = textOf(values, name).trim().replaceAll('\r\n', '\n')
  return entered === '' ? null : entered
}

/** The texts that `values` has as `name`, without empty ones. */
export function textsOf(values: Parameters, name: string): readonly string[] {
  return allOf(values, name).filter((text) => text !== '')
}

/** As {@link textsOf}, with the empty ones: the fields of several rows are told apart by their places. */
export function allOf(values: Parameters, name: string): readonly string[] {
  const given: unknown = values[name]
  const all: readonly unknown[] = Array.isArray(given) ? given : [given]
  return all.map((one) => (typeof one === 'string' ? one : ''))
}
