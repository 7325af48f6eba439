// Watches what no kernel limit here counts: the memory of a whole process tree, and the free disk.
import { readFileSync, statfsSync } from 'node:fs'

const everyMs = 200
const slack = 16 * 1024 * 1024
/** Files that can still be made on the disk, whose number is limited like its bytes. */
const fewFiles = 50_000
const slackFiles = 1_000

export interface Watched {
  readonly maxMemory: number
  readonly disk: { readonly path: string; readonly reserve: number } | null
}

/** Calls `stop` once when the tree below `pid()` or the disk passes its limit. Returns how to end it. */
export function watch(
  pid: () => number | undefined,
  limits: Watched,
  stop: (why: 'memory' | 'disk') => void,
  intervalMs = everyMs,
): () => void {
  const before = free(limits.disk)
  const timer = setInterval(() => {
    const root = pid()
    if (root !== undefined && memoryOf(root) > limits.maxMemory) stop('memory')
    const now = free(limits.disk)
    // Another's doing is not this command's fault: only who lowers it is stopped.
    if (limits.disk && now.bytes < limits.disk.reserve && now.bytes < before.bytes - slack) stop('disk')
    if (now.files < fewFiles && now.files < before.files - slackFiles) stop('disk')
  }, intervalMs)
  timer.unref()
  return () => clearInterval(timer)
}

/** Resident bytes of a process and all below it; 0 where /proc does not tell. */
function memoryOf(pid: number): number {
  const own = Number(/^VmRSS:\s+(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
  const children = text(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + memoryOf(Number(child)), own)
}

const plenty = { bytes: Number.POSITIVE_INFINITY, files: Number.POSITIVE_INFINITY }

/** What is left of a disk: bytes, and files that can still be made. */
function free(disk: Watched['disk']): typeof plenty {
  if (!disk) return plenty
  try {
    const { bavail, bsize, files, ffree } = statfsSync(disk.path)
    // Some file systems have no fixed number.
    return { bytes: bavail * bsize, files: files === 0 ? plenty.files : ffree }
  } catch {
    return plenty
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
