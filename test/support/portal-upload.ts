import { fieldOf } from './field-of.ts'
import type { ApiAnswer } from './portal-caller.ts'

/** Call `action` of the portal at `url` with a multipart body: `fields`, and `file` as `upload`. */
export async function callWithFile(
  url: string,
  action: string,
  fields: Readonly<Record<string, string>>,
  file: { readonly content: string; readonly name: string },
  token: string,
): Promise<ApiAnswer> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('upload', new Blob([file.content]), file.name)
  const response = await fetch(`${url}/api/action/${action}`, {
    method: 'POST',
    headers: { authorization: token },
    body: form,
  })
  const body: unknown = await response.json()
  return {
    status: response.status,
    success: fieldOf(body, 'success'),
    result: fieldOf(body, 'result'),
    error: fieldOf(body, 'error'),
  }
}
