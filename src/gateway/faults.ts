// A turn that broke: begun again when it can be stored, given up and told after some tries.
import { isStorageFault, messageOf } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Received } from '../store/inbox.ts'
import type { Store } from '../store/store.ts'
import type { Task } from './conversation/task.ts'
import type { PostOffice } from './doors/post-office.ts'
import { type Errand, subagentChannel } from './errand.ts'

export interface Faults {
  /** Takes a task whose work threw: a full disk, or a bug. */
  failed(task: Task, error: unknown): void
}

export interface FaultOptions {
  readonly store: Store
  readonly enqueue: (session: string, task: Task) => void
  readonly proceed: (rows: readonly Received[]) => void
  /** Work that no person just wrote, by the channel it arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  readonly office: PostOffice
  readonly log: Log
  readonly now: () => number
}

const restMs = 3_000
/** How often the same message is begun again before it counts as failed. */
const mostTries = 5
const reason = 'it broke again and again'

export function openFaults(options: FaultOptions): Faults {
  const { store, log } = options
  /** By inbox row, or by turn. */
  const tries = new Map<number | string, number>()

  /** `counts`: a disk that cannot be written is nobody's fault, however often. */
  const later = (task: Task, counts: boolean) => void setTimeout(() => again(task, counts), restMs).unref()

  function again(task: Task, counts: boolean): void {
    try {
      if (task.kind === 'compact') return
      if (task.kind === 'resume') {
        if (!counts || !isTooOften(task.turn)) return options.enqueue(task.session, task)
        store.turns.fail(task.turn, reason, options.now())
        return store.inbox.ofTurn(task.turn).forEach(giveUp)
      }
      const row = store.inbox.get(task.row.id)
      if (!row || (row.state !== 'new' && row.state !== 'running')) return
      if (counts && isTooOften(row.id)) {
        if (row.turn) store.turns.fail(row.turn, reason, options.now())
        return giveUp(row)
      }
      if (!row.turn) return options.proceed([row])
      const session = row.session ?? task.session.id
      options.enqueue(session, { kind: 'resume', turn: row.turn, session })
    } catch {
      // Still no storing: the disk may yet be freed.
      later(task, false)
    }
  }

  function isTooOften(what: number | string): boolean {
    const count = (tries.get(what) ?? 0) + 1
    if (count > mostTries) tries.delete(what)
    else tries.set(what, count)
    return count > mostTries
  }

  function giveUp(row: Received): void {
    store.inbox.settle(row.id, 'failed', reason)
    const { channel } = row.inbound
    options.errands.get(channel)?.gaveUp(row, reason)
    // Who sent a subagent off is told by its result.
    if (channel === subagentChannel) return
    options.office.tellOwners(`A message on ${channel} could not be answered; \`coop logs\` says why.`)
  }

  return {
    failed(task, error) {
      const session = task.kind === 'message' ? task.session.id : task.session
      const stack = error instanceof Error ? error.stack : undefined
      log.error({ err: { message: messageOf(error), stack }, session }, 'a turn broke')
      later(task, !isStorageFault(error))
    },
  }
}
