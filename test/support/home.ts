// A temporary home with a coop.toml and an environment of its own.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface TestHome extends Disposable {
  readonly dir: string
  /** The path of coop.toml. */
  readonly config: string
  readonly database: string
  readonly socket: string
  /** What a process on this home is given, and nothing of the machine's own keys. */
  readonly env: Record<string, string>
  /** Writes coop.toml anew. */
  configure(toml: string): void
  /** Writes a file below the home. */
  file(path: string, text: string): void
}

/** Makes a home. It is gone when disposed. */
export function makeTestHome(toml: string, env: Readonly<Record<string, string>> = {}): TestHome {
  const dir = mkdtempSync(join(tmpdir(), 'coop-'))
  const config = join(dir, 'coop.toml')
  writeFileSync(config, toml, { mode: 0o600 })
  return {
    dir,
    config,
    database: join(dir, 'db', 'coop.db'),
    socket: join(dir, 'run', 'coop.sock'),
    env: {
      PATH: process.env.PATH ?? '',
      HOME: dir,
      TZ: 'UTC',
      NO_COLOR: '1',
      COOP_CONFIG: config,
      ...env,
    },
    configure: text => writeFileSync(config, text),
    file(path, text) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), text)
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true, maxRetries: 5 }),
  }
}
