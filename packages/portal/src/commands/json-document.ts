/** The document of kind `name` with `fields`, as `--json` prints it. */
export function jsonDocument(name: string, fields: object): string {
  const $schema = `https://aldis.dev/schemas/${name}.v1.json`
  return `${JSON.stringify({ $schema, version: 1, ...fields }, null, 2)}\n`
}
