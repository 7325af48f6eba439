// What an archive says of itself: every file with its size and checksum.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { CoopError } from '../../errors.ts'

export const manifestName = 'manifest.json'
/** The keys under their passphrase, if there are any. */
export const keysName = 'keys.locked'

const manifest = z.object({
  format: z.literal(1),
  coop: z.string(),
  createdAt: z.string(),
  files: z.array(z.object({ path: z.string().min(1), size: z.int().min(0), sha256: z.string().length(64) })),
})
export type Manifest = z.output<typeof manifest>

/** Throws `archive_invalid` for what is no manifest, or one of a later form. */
export function parseManifest(text: string): Manifest {
  try {
    return manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw new CoopError('archive_invalid', 'This is no backup of Coop, or one from a newer Coop.', { cause })
  }
}

/** Every regular file below `folder`, by its path with forward slashes, sorted. */
export async function filesBelow(
  folder: string,
  keep: (path: string) => boolean = () => true,
): Promise<string[]> {
  const found: string[] = []
  const walk = async (dir: string): Promise<void> => {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const path = relative(folder, join(dir, entry.name)).split(sep).join('/')
      if (!keep(path)) continue
      if (entry.isDirectory()) await walk(join(dir, entry.name))
      else if (entry.isFile()) found.push(path)
    }
  }
  await walk(folder)
  return found.sort()
}

/** Size in bytes and SHA-256 of each of these paths below `folder`, in their order. */
export async function describe(folder: string, paths: readonly string[]): Promise<Manifest['files']> {
  const files: Manifest['files'] = []
  for (const path of paths) {
    const hash = createHash('sha256')
    await pipeline(createReadStream(join(folder, path)), hash)
    files.push({ path, size: (await lstat(join(folder, path))).size, sha256: hash.digest('hex') })
  }
  return files
}

/** Throws `archive_invalid` unless `folder` holds exactly what the manifest names. */
export async function verify(folder: string, { files }: Manifest): Promise<void> {
  const there = await describe(
    folder,
    await filesBelow(folder, path => path !== manifestName && path !== keysName),
  )
  const wanted = new Map(files.map(file => [file.path, file]))
  for (const file of there) {
    const said = wanted.get(file.path)
    if (!said)
      throw new CoopError(
        'archive_invalid',
        `The archive holds ${file.path}, which its manifest does not name.`,
      )
    if (said.sha256 !== file.sha256 || said.size !== file.size)
      throw new CoopError('archive_invalid', `${file.path} in the archive is damaged; nothing was restored.`)
    wanted.delete(file.path)
  }
  const [missing] = wanted.keys()
  if (missing !== undefined)
    throw new CoopError('archive_invalid', `The archive lacks ${missing}; nothing was restored.`)
}
