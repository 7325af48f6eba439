// A home from an archive: unpacked aside, proven whole, and only then put in place.
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { unpackTar } from 'modern-tar/fs'
import { CoopError, isStorageFault, messageOf } from '../../errors.ts'
import { schemaOf } from '../../store/soundness.ts'
import { makeFolder } from '../make-folder.ts'
import { unlock } from './lockbox.ts'
import { keysName, type Manifest, manifestName, parseManifest, verify } from './manifest.ts'

export interface UnpackOptions {
  readonly file: string
  /** The home to be; absent or empty. */
  readonly dir: string
  /** Asked for when the archive holds keys; undefined leaves them out. */
  readonly passphrase: () => Promise<string | undefined>
  /** The newest schema of coop.db that this Coop knows. */
  readonly knownSchema: number
}

/**
 * Throws `archive_invalid`, `database_newer` or `input_invalid` before anything stands at `dir`. Returns what the
 * archive says of itself, and the paths of the keys that were put in place.
 */
export async function unpackHome(options: UnpackOptions): Promise<{ manifest: Manifest; keys: string[] }> {
  const dir = resolve(options.dir)
  await requireFree(dir)
  makeFolder(dirname(dir))
  const staging = await mkdtemp(join(dirname(dir), `.${basename(dir)}-`))
  try {
    await extract(options.file, staging)
    const manifest = parseManifest(await readFile(join(staging, manifestName), 'utf8').catch(() => ''))
    await verify(staging, manifest)
    for (const { path } of manifest.files.filter(file => file.path.endsWith('.db'))) {
      const version = schemaOf(join(staging, path))
      if (path === 'db/coop.db' && version > options.knownSchema)
        throw new CoopError(
          'database_newer',
          `The archive was made by Coop ${manifest.coop}, which is newer than this one; install that version first.`,
        )
    }
    const keys = await placeKeys(staging, options.passphrase)
    for (const name of [manifestName, keysName]) await rm(join(staging, name), { force: true })
    for (const folder of ['db', 'run', 'traces'])
      await mkdir(join(staging, folder), { recursive: true, mode: 0o700 })
    await chmod(staging, 0o700)
    await rmdir(dir).catch(() => {})
    await rename(staging, dir)
    return { manifest, keys }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

async function requireFree(dir: string): Promise<void> {
  const there = await readdir(dir).catch(() => [])
  if (there.length > 0)
    throw new CoopError(
      'input_invalid',
      `${dir} is not empty; nothing is restored over a home. Name another: --dir D.`,
    )
}

async function extract(file: string, staging: string): Promise<void> {
  try {
    await pipeline(
      createReadStream(file),
      createGunzip(),
      unpackTar(staging, { fmode: 0o600, dmode: 0o700, filter: header => header.type === 'file' }),
    )
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new CoopError('not_found', `${file} does not exist.`, { cause })
    if (isStorageFault(cause)) throw cause
    throw new CoopError('archive_invalid', `${file} cannot be read as a backup: ${messageOf(cause)}`, {
      cause,
    })
  }
}

async function placeKeys(staging: string, ask: UnpackOptions['passphrase']): Promise<string[]> {
  const box = await readFile(join(staging, keysName)).catch(() => undefined)
  if (!box) return []
  const passphrase = await ask()
  if (passphrase === undefined) return []
  const content = JSON.parse((await unlock(box, passphrase)).toString('utf8')) as Record<string, string>
  for (const [path, text] of Object.entries(content)) {
    const to = resolve(staging, path)
    if (!to.startsWith(staging + sep))
      throw new CoopError('archive_invalid', `A key would be put outside: ${path}`)
    await mkdir(dirname(to), { recursive: true, mode: 0o700 })
    await writeFile(to, Buffer.from(text, 'base64'), { mode: 0o600 })
  }
  return Object.keys(content)
}
