import { Converter, ReflectionKind } from 'typedoc'

/**
 * Names each page of the reference as an application imports it: `@aldis/core/testing` rather than
 * `core/src/testing`, the path of the file that happens to hold it.
 *
 * @param {import('typedoc').Application} app
 */
export function load(app) {
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (!reflection.kindOf(ReflectionKind.Module)) return
    const [, name, entry] = /^(.+?)\/src(?:\/(.+))?$/.exec(reflection.name) ?? []
    if (name !== undefined) reflection.name = `@aldis/${name}${entry === undefined ? '' : `/${entry}`}`
  })
}
