/**
 * A PostgreSQL server for one purpose: a throwaway one from the installed programs, or that of `DATABASE_URL`.
 *
 * Most tests want `describeDatabases` instead, whose server is shared by the whole run. A server of
 * its own is for a test that restarts it.
 */
import { execFileSync, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdtempSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { createDatabase, dropDatabase } from './postgres-database.ts'
import { pathOf, requires } from './requirements.ts'

export interface PostgresServer extends AsyncDisposable {
  /** The database for administration, as a user who may do everything. */
  readonly url: string
  /** Make an empty database; resolves with its URL. It goes with the server, at the latest. */
  createDatabase(): Promise<string>
  /**
   * Cut off every connection, end the server and start it again with the same data on the same port.
   *
   * @throws Error for a server that `DATABASE_URL` gave, which others may use.
   */
  restart(): Promise<void>
  /** End the server and delete its data. Of the server of `DATABASE_URL`, only the databases made here go. */
  stop(): Promise<void>
}

/**
 * Options for `describe`, as {@link requires} gives them, for tests that need a server that no one else uses.
 *
 * They are left out where `DATABASE_URL` gives the server.
 */
export function requiresThrowawayPostgres(): ReturnType<typeof requires> {
  if (!isGiven()) return requires('postgres')
  return {
    skip: true,
    meta: { leftOut: 'left out: tests that need a PostgreSQL server of their own (unset DATABASE_URL)' },
  }
}

/**
 * Start a throwaway server that listens on 127.0.0.1 and on a socket in its folder, without passwords.
 *
 * It ends with this process, however that ends. What it stores does not survive a crash of the machine.
 *
 * @throws Error when PostgreSQL is not on this machine or does not start, with what it said.
 */
export async function startPostgres(): Promise<PostgresServer> {
  return isGiven() ? givenServer(pathOf('postgres')) : throwawayServer(pathOf('postgres'))
}

function isGiven(): boolean {
  return (process.env['DATABASE_URL'] ?? '') !== ''
}

/**
 * The life of a throwaway server, in a process of its own: each line on the standard input restarts it, and the end
 * of the input ends it. The system closes that input when the process at its other end dies, even by `kill -9`.
 */
const keeper = `
set -e
bin=$1 folder=$2 port=$3
control() { "$bin/pg_ctl" --pgdata="$folder/data" --log="$folder/log" --wait --silent "$@"; }
end() {
  if [ -e "$folder/data/postmaster.pid" ]; then control stop --mode=immediate || :; fi
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 1' HUP INT PIPE TERM

# The locale is that of PGlite, so that both sort and fold letters alike.
"$bin/initdb" --pgdata="$folder/data" --username=aldis --auth=trust --encoding=UTF8 \\
  --locale=C --lc-ctype=C.UTF-8 --no-sync --no-instructions >"$folder/log"
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$folder'
max_connections = 200
fsync = off
synchronous_commit = off
full_page_writes = off
END
control start || { cat "$folder/log" >&2; exit 1; }
echo ready
while read -r _; do
  control restart --mode=fast
  echo ready
done
`

async function throwawayServer(bin: string): Promise<PostgresServer> {
  for (;;) {
    try {
      return await serverAt(bin, await freePort())
    } catch (error) {
      // Making the data takes seconds, in which another server that starts can take the same port.
      if (!String(error).includes('Address already in use')) throw error
    }
  }
}

async function serverAt(bin: string, port: number): Promise<PostgresServer> {
  const user = unprivilegedUser()
  const folder = mkdtempSync(join(tmpdir(), 'aldis-postgres-'))
  if (user !== undefined) chownSync(folder, user.uid, user.gid)
  const child = spawn('sh', ['-c', keeper, 'sh', bin, folder, String(port)], {
    cwd: folder,
    // Whoever runs the tests may have settings for PostgreSQL's programs.
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    // A Ctrl-C is for the tests; the keeper ends in order when they do.
    detached: true,
    ...user,
  })
  const closed = once(child, 'close')
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ready = async (): Promise<void> => {
    if ((await lines.next()).done !== true) return
    await closed
    throw new Error(`PostgreSQL of ${bin} does not run: ${complaints.trim()}`)
  }
  const stop = async (): Promise<void> => {
    child.stdin.end()
    await closed
  }
  await ready()
  const url = `postgres://aldis@127.0.0.1:${port}/postgres`
  return {
    url,
    createDatabase: () => createDatabase(url),
    restart: () => {
      child.stdin.write('restart\n')
      return ready()
    },
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

function givenServer(url: string): PostgresServer {
  const made: string[] = []
  const stop = async (): Promise<void> => {
    for (const database of made.splice(0)) await dropDatabase(url, database)
  }
  return {
    url,
    async createDatabase() {
      const database = await createDatabase(url)
      made.push(database)
      return database
    },
    restart: () =>
      Promise.reject(
        new Error('The server of DATABASE_URL is not restarted: others may use it. Unset DATABASE_URL.'),
      ),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

/** Whom the server runs as when the tests run as root, whom PostgreSQL refuses. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number =>
    Number(execFileSync('sh', ['-c', `id ${flag} postgres || id ${flag} nobody`], { stdio: 'pipe' }))
  return { uid: id('-u'), gid: id('-g') }
}

/**
 * A port that nobody listens on, from below those that systems give to outgoing connections: one of these
 * could take the port while the server restarts, even a client that connects to itself in vain.
 */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 30_000)
    const server = createServer().listen(port, '127.0.0.1')
    try {
      await once(server, 'listening')
    } catch {
      continue
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
