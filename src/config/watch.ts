// Watches coop.toml and what it links to: written in place, renamed over, deleted and back, relinked.
import { realpathSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { watch } from 'chokidar'

export interface Watching extends AsyncDisposable {
  /** Resolves when changes are seen. */
  readonly ready: Promise<void>
}

/** A file is read once nothing happened to it for this long, in milliseconds. */
const settleMs = 120
/** What the system does not tell of, a disk of the network or its watches used up, is found by looking this often, in milliseconds. */
const lookMs = 2_000

/** Calls `changed` after the file, or the `.env` beside it, was touched in any way. */
export function watchConfig(path: string, changed: () => void): Watching {
  const ours = [path, join(dirname(path), '.env')]
  const folders = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let closed = false
  const watcher = watch([], {
    depth: 0,
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    ignored: (file, stats) => stats !== undefined && !folders.has(file) && !isOurs(file),
  })
  const isOurs = (file: string) => ours.includes(file) || targets.has(file)
  const targets = new Set<string>()

  /** The folders on the way from the path to the file itself. */
  function follow(): void {
    const wanted = [dirname(path)]
    try {
      const real = realpathSync(path)
      targets.add(real)
      targets.add(join(realpathSync(dirname(path)), basename(path)))
      wanted.push(dirname(real))
    } catch {
      // The file is gone for the moment: its folder tells when it is back.
    }
    const fresh = wanted.filter(folder => !folders.has(folder))
    for (const folder of fresh) folders.add(folder)
    if (fresh.length > 0) watcher.add(fresh)
  }

  function touched(): void {
    if (closed) return
    follow()
    clearTimeout(timer)
    timer = setTimeout(changed, settleMs)
  }

  watcher.on('all', (_event, file) => {
    if (!folders.has(file) || isOurs(file)) touched()
  })
  watcher.on('error', () => {})
  const ready = new Promise<void>(resolve => watcher.once('ready', () => resolve()))
  follow()
  let known = look()
  const looking = setInterval(async () => {
    const [before, now] = [await known, await (known = look())]
    if (before !== now) touched()
  }, lookMs)
  looking.unref()

  /** Which files there are, and of when. */
  async function look(): Promise<string> {
    const facts = ours.map(file =>
      stat(file).then(
        ({ ino, size, mtimeMs }) => `${ino} ${size} ${mtimeMs}`,
        () => 'none',
      ),
    )
    return (await Promise.all(facts)).join()
  }

  return {
    ready,
    async [Symbol.asyncDispose]() {
      closed = true
      clearTimeout(timer)
      clearInterval(looking)
      await watcher.close()
    },
  }
}
