// One archive of a home, from one moment, while the gateway runs.
import { createWriteStream } from 'node:fs'
import { chmod, copyFile, link, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { packTar } from 'modern-tar/fs'
import type { Config } from '../../config/load.ts'
import { CoopError } from '../../errors.ts'
import { copyHeld, isHeld } from '../../store/held.ts'
import { isDatabase, snapshot } from '../../store/snapshot.ts'
import { lock } from './lockbox.ts'
import { describe, filesBelow, keysName, manifestName } from './manifest.ts'

export interface PackOptions {
  readonly config: Config
  /** Where the archive goes; there must be nothing yet. */
  readonly file: string
  readonly version: string
  /** Locks the keys into the archive; without it they stay out. */
  readonly passphrase: string | undefined
  readonly now: Date
}

/** What is no part of a home's state: the running gateway's own, traces, and copies before a migration. */
const passing = /^(run|traces)(\/|$)|-(wal|shm|journal)$|\.before-\d+\.\d+$/
/** What opens something elsewhere. */
const keys = /^\.env$|^db\/signal\.db$|^db\/tool-servers\//

/** Signal's keys may be kept elsewhere in the home. */
const signalKeys = ({ home, settings }: Config): string =>
  relative(home, resolve(home, settings.channels.signal?.db_path ?? 'db/signal.db')).replaceAll('\\', '/')

/** Returns the paths in the archive, and those of the keys in it. */
export async function packHome(options: PackOptions): Promise<{ files: string[]; keys: string[] }> {
  const { config, passphrase } = options
  const file = resolve(options.file)
  const staging = await mkdtemp(join(dirname(file), `.${basename(file)}-`)).catch(cause => {
    throw new CoopError('file_unreadable', `${dirname(file)} cannot be written; choose another place.`, {
      cause,
    })
  })
  try {
    const tree = join(staging, 'home')
    const hidden = join(staging, 'keys')
    const partial = join(staging, 'archive')
    const all = await filesBelow(config.home, path => {
      const full = join(config.home, path)
      return !passing.test(path) && full !== file && full !== staging
    })
    const isKey = (path: string) => keys.test(path) || path === signalKeys(config)
    const kept = all.filter(path => !isKey(path))
    const secret = passphrase === undefined ? [] : all.filter(isKey)
    await stage(config.home, [
      ...kept.map(path => ({ path, into: tree, secret: false })),
      ...secret.map(path => ({ path, into: hidden, secret: true })),
    ])
    if (passphrase !== undefined) {
      const content: Record<string, string> = {}
      for (const path of secret) content[path] = (await readFile(join(hidden, path))).toString('base64')
      await writeFile(join(tree, keysName), await lock(Buffer.from(JSON.stringify(content)), passphrase))
    }
    const manifest = {
      format: 1,
      coop: options.version,
      createdAt: options.now.toISOString(),
      files: await describe(tree, kept),
    }
    await writeFile(join(tree, manifestName), JSON.stringify(manifest, null, 1))
    const names = [manifestName, ...(passphrase === undefined ? [] : [keysName]), ...kept]
    const tar = packTar(names.map(path => ({ type: 'file', source: join(tree, path), target: path })))
    await pipeline(tar, createGzip(), createWriteStream(partial, { mode: 0o600 }))
    await settle(partial, file)
    return { files: kept, keys: secret }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** Copies files aside; databases all together, through SQLite. */
async function stage(
  home: string,
  files: readonly { path: string; into: string; secret: boolean }[],
): Promise<void> {
  const databases: { from: string; to: string }[] = []
  for (const { path, into, secret } of files) {
    const from = join(home, path)
    const to = join(into, path)
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    if ((path.endsWith('.db') || secret) && isDatabase(from)) {
      // The running gateway lets nobody else near the keys of its linked device.
      if (secret && isHeld(from)) await copyHeld(from, to)
      else databases.push({ from, to })
    } else await copyFile(from, to).then(() => chmod(to, 0o600))
  }
  await snapshot(databases)
}

/** To disk, and only then under its name; never over something else. */
async function settle(partial: string, file: string): Promise<void> {
  const handle = await open(partial, 'r')
  await handle.sync()
  await handle.close()
  await link(partial, file).catch(cause => {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause
    throw new CoopError('input_invalid', `${file} exists already; choose another name.`, { cause })
  })
}
