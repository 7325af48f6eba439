// The doctor's part about this computer and the home: Node, permissions, databases, disk, clock.
import { accessSync, constants, existsSync, readdirSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { socketPath } from '../../config/places.ts'
import { migrationsFolder } from '../../package.ts'
import { databaseFault } from '../../store/soundness.ts'
import { type Check, finding } from './check.ts'

const minNode = 24
const minFree = 500 * 1024 * 1024
/** Bytes of a socket's path, as the system's address structure holds it. */
const mostSocketBytes = process.platform === 'darwin' ? 103 : 107
const builtAfter = Date.UTC(2025, 0, 1)

export const homeChecks: readonly Check[] = [
  {
    name: 'node',
    run: async () => {
      const major = Number(process.versions.node.split('.')[0])
      return [
        finding(
          major >= minNode,
          `Node ${process.versions.node}`,
          `Coop needs Node ${minNode} or later; npm install --global node@${minNode}`,
        ),
      ]
    },
  },
  {
    name: 'home',
    run: async config => {
      const { home, path, paths } = config
      const owner = statSync(path).uid
      const own = process.getuid?.() ?? owner
      const length = Buffer.byteLength(socketPath(config))
      const closed = [path, join(home, '.env'), paths.db, paths.run].filter(existsSync)
      return [
        finding(
          owner === own,
          `${home} is yours`,
          `it belongs to user ${owner} and you are ${own}; run Coop as that user, or \`chown -R ${own} ${home}\``,
        ),
        ...[home, paths.db, paths.run, paths.traces]
          .filter(existsSync)
          .map(folder =>
            finding(
              writable(folder),
              `${folder} can be written`,
              'the disk is read-only or the folder is closed to you; mount it for writing, or `chmod u+rwx` it',
            ),
          ),
        finding(
          length <= mostSocketBytes,
          'the path of the socket fits',
          `it has ${length} bytes and the system takes ${mostSocketBytes}; move the home to a shorter path`,
        ),
        ...closed.map(file => {
          const mode = statSync(file).mode & 0o777
          const loose = file === path ? mode & 0o022 : mode & 0o077
          return finding(
            loose === 0,
            `${file} is closed to other users`,
            `it has mode ${mode.toString(8)}; run \`chmod go-rwx ${file}\``,
          )
        }),
      ]
    },
  },
  {
    name: 'databases',
    run: async ({ paths }) => {
      const files = existsSync(paths.db) ? readdirSync(paths.db, { recursive: true, encoding: 'utf8' }) : []
      return files
        .filter(file => file.endsWith('.db'))
        .map(file => {
          const known =
            file === 'coop.db' ? readdirSync(migrationsFolder('coop')).length : Number.POSITIVE_INFINITY
          const problem = databaseFault(join(paths.db, file), known)
          return finding(problem === null, `${file} is sound`, String(problem))
        })
    },
  },
  {
    name: 'disk',
    run: async ({ home }) => {
      const { bavail, bsize } = statfsSync(home)
      const megabytes = Math.floor((bavail * bsize) / 1024 ** 2)
      return [
        finding(
          bavail * bsize >= minFree,
          `${megabytes} MB free`,
          'free at least 500 MB; what a full disk held up goes on by itself',
        ),
      ]
    },
  },
  {
    name: 'clock',
    run: async ({ paths }) => {
      const now = Date.now()
      const newest = existsSync(paths.db)
        ? Math.max(0, ...readdirSync(paths.db).map(file => statSync(join(paths.db, file)).mtimeMs))
        : 0
      const sane = now > builtAfter && newest < now + 60_000
      return [
        finding(
          sane,
          'the clock is right',
          'it is behind what was written already; set it, or jobs run at the wrong time',
        ),
      ]
    },
  },
]

function writable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
