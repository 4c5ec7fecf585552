/** What a resource is called by: its name, and its link or the URL of its file. */
interface NamedResource {
  readonly name?: string | null | undefined
  readonly url: string
}

/** What `resource` is called: its name, else the last part of where it is. Empty when it has neither. */
export function resourceName({ name, url }: NamedResource): string {
  if (name !== null && name !== undefined && name !== '') return name
  return decoded(url.split('/').at(-1) ?? '') || url
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
