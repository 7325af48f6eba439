// Watches what no kernel limit here counts: the memory of a whole process tree, and the free disk.
import { readFileSync, statfsSync } from 'node:fs'

const everyMs = 200
const slack = 16 * 1024 * 1024

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
    if (limits.disk && now < limits.disk.reserve && now < before - slack) stop('disk')
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

function free(disk: Watched['disk']): number {
  if (!disk) return Number.POSITIVE_INFINITY
  try {
    const stat = statfsSync(disk.path)
    return stat.bavail * stat.bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}

function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
