/**
 * Guards what would be published: each package is packed and its tarball examined, not its folder.
 *
 * A folder resolves everything through the workspace, so a wrong `files` list, a missing type or an export
 * that still points at `src` shows only at the first user. Run after `npm run build`.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { z } from 'zod'
import { root, workspacePackages, type WorkspacePackage } from '../support/repository.ts'

const run = promisify(execFile)

/** What `pnpm pack --json` says. */
const Packed = z.looseObject({ filename: z.string(), files: z.array(z.looseObject({ path: z.string() })) })

/** Never part of a package: tests, the compiler's notes to itself, the task runner's logs. */
const unwanted = /\.test(?:-d)?\.|\.tsbuildinfo$|(?:^|\/)(?:\.turbo|node_modules|coverage)\//

const folder = mkdtempSync(join(tmpdir(), 'aldis-packages-'))
const publishable = workspacePackages().filter((pkg) => !pkg.private)
const problems: string[] = []
try {
  for (const pkg of publishable) {
    for (const problem of await problemsOf(pkg)) problems.push(`${pkg.name}: ${problem}`)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

if (problems.length > 0) {
  console.error(problems.join('\n'))
  console.error(`packages: ${problems.length} problems in what would be published.`)
  process.exit(1)
}
console.log(`packages: ${publishable.length} packages can be published as they are.`)

async function problemsOf(pkg: WorkspacePackage): Promise<string[]> {
  const packed = await run(
    join(root, 'node_modules/.bin/pnpm'),
    ['pack', '--json', '--pack-destination', folder],
    {
      cwd: join(root, pkg.folder),
    },
  )
  const { filename: tarball, files } = Packed.parse(JSON.parse(packed.stdout))
  const paths = files.map(({ path }) => path)

  const problems = paths
    .filter((path) => unwanted.test(path))
    .map((path) => `"${path}" is in the package and should not be.`)
  for (const wanted of ['package.json', 'README.md', 'LICENSE']) {
    if (!paths.includes(wanted)) problems.push(`"${wanted}" is not in the package.`)
  }

  const manifest = await run('tar', ['-xOzf', tarball, 'package/package.json'])
  if (manifest.stdout.includes('@aldis/source')) {
    problems.push(
      'its exports name "@aldis/source" when published; publishConfig.exports should leave it out.',
    )
  }
  for (const protocol of ['workspace:', 'catalog:']) {
    if (manifest.stdout.includes(`"${protocol}`)) problems.push(`a dependency still says "${protocol}".`)
  }

  const { messages, pkg: linted } = await publint({
    pack: { tarball: Uint8Array.from(readFileSync(tarball)).buffer },
    strict: true,
  })
  problems.push(
    ...messages.map((message) => formatMessage(message, linted, { color: false }) ?? message.code),
  )
  return [...problems, ...(await typeProblems(tarball))]
}

/** What a TypeScript user would find wrong; the packages are ECMAScript modules and say so. */
async function typeProblems(tarball: string): Promise<string[]> {
  const attw = join(root, 'test/node_modules/.bin/attw')
  try {
    await run(attw, [
      tarball,
      '--profile',
      'esm-only',
      '--no-definitely-typed',
      '--no-color',
      '--format',
      'ascii',
    ])
    return []
  } catch (error) {
    const output = z.object({ stdout: z.string(), stderr: z.string() }).safeParse(error).data
    if (output === undefined) throw error
    return [`its types do not resolve for every user:\n${output.stdout}${output.stderr}`]
  }
}
