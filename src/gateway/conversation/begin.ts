// From a cleared message to a begun turn: cleared anew if it waited, its album and attachments taken in, stored in one commit.
import { randomUUID } from 'node:crypto'
import type { Clearance } from '../../access/clearance.ts'
import type { Speaker } from '../../access/household.ts'
import type { SystemPrompt } from '../../agent/prompt.ts'
import type { Config } from '../../config/load.ts'
import type { Desk } from '../../desk/desk.ts'
import type { Disclosed } from '../../store/disclosure.ts'
import { worst } from '../../store/entry.ts'
import type { Received } from '../../store/inbox.ts'
import type { Session } from '../../store/sessions.ts'
import type { Store } from '../../store/store.ts'
import type { Turn } from '../../store/turns.ts'
import type { OpenDesk } from '../desks.ts'
import type { Cleared, Gatekeeper } from '../doors/gatekeeper.ts'
import type { Errand } from '../errand.ts'
import type { Lane } from '../lanes.ts'
import type { Live } from '../live.ts'
import { albumOf } from './album.ts'
import type { TakeAttachments, Taken } from './attachments.ts'
import type { Begun } from './begun.ts'
import { recall } from './recall.ts'
import { entryOf } from './spoken-entry.ts'
import type { MessageTask, Task } from './task.ts'
import { lostReaders, type Withheld } from './withheld.ts'

export interface BeginOptions {
  readonly store: Store
  readonly config: () => Config
  readonly timezone: () => string
  readonly gatekeeper: Gatekeeper
  readonly openDesk: OpenDesk
  readonly prompt: (desk: Desk, speaker: Speaker) => SystemPrompt
  /** Takes in what is attached to a message. */
  readonly attached: TakeAttachments
  /** A waiting row as it reads now; null when it was taken back. */
  readonly latest: (row: Received) => Received | null
  /** Work that no person just wrote, by the channel it arrives on. */
  readonly errands: ReadonlyMap<string, Errand>
  /** What the agent is told beside a message, once. */
  readonly notices: (clearance: Clearance) => readonly string[]
  /** Puts rows that were cleared as somebody else, or too long ago, back at the beginning of the journey. */
  readonly again: (rows: readonly Received[]) => void
  readonly live: Live
  readonly now: () => number
}

/** A clearance taken longer ago than this, in milliseconds, is taken anew before the turn begins. */
const staleMs = 1_000

/** Null when the message does not begin a turn, or not now. */
export function openBegin(options: BeginOptions, withheld: Withheld) {
  const { store, now } = options
  const isOutdated = ({ revision }: Clearance) => revision !== options.config().household.revision

  return async function begin(task: MessageTask, lane: Lane<Task>): Promise<Begun | null> {
    const cleared = await clearedNow(task)
    if (!cleared) return null
    const { clearance, speaker } = cleared
    const album = await albumOf(task, clearance, lane)
    const taken = new Map<number, Taken>()
    for (const { row } of album)
      taken.set(row.id, await options.attached(row.inbound, clearance, lane.signal))
    if (lane.signal.aborted && lane.signal.reason === 'shutdown') return null
    const rows = album.flatMap(({ row }) => options.latest(row) ?? [])
    if (rows.length === 0) return null
    const session = store.sessions.get(task.session.id) ?? task.session
    const turn = newTurn(session, clearance, task.row.trace)
    const desk = options.openDesk(clearance, session, turn)
    const prompt = options.prompt(desk, speaker)
    const memories = await recall(desk, task.row.inbound.text, options.config().settings.memory.prompt_index)
    // A turn that has not begun is not among those that a change of people stops.
    if (isOutdated(clearance)) {
      await desk[Symbol.asyncDispose]()
      options.again(rows)
      return null
    }
    const errand = options.errands.get(task.row.inbound.channel)
    const volatile = givenBefore(desk, prompt.volatile) ? '' : prompt.volatile
    const told = errand?.brief(task.row.inbound) ?? null
    const beside = told === null ? [volatile, ...options.notices(clearance)] : [told]
    const entries = rows.map((row, index) => {
      const extra = index === 0 ? [...beside, memories.text] : []
      const spoken = { inbound: row.inbound, clearance, speaker, extra, taken: taken.get(row.id) }
      const entry = { ...entryOf(spoken, options.timezone(), now()), ...errand?.words?.(row) }
      return index === 0 ? { ...entry, origin: worst([entry.origin, memories.origin, prompt.origin]) } : entry
    })
    const files = prompt.refs.map((ref): Disclosed => ({ kind: 'file', ref, labels: clearance.reads }))
    desk.begin(
      rows.map(row => row.id),
      entries,
      [...files, ...memories.given],
    )
    options.live.entries(desk.history().slice(-rows.length))
    return { turn, desk, prompt, speaker, rows }
  }

  /** The message as it is cleared now; null when it went elsewhere. */
  async function clearedNow({ row, cleared, clearedAt }: MessageTask): Promise<Cleared | null> {
    const stale = Math.abs(now() - clearedAt) > staleMs || isOutdated(cleared.clearance)
    if (stale && options.errands.has(row.inbound.channel)) {
      options.again([row])
      return null
    }
    const current = stale ? await options.gatekeeper.clear(row.inbound) : cleared
    if (current.clearance.person !== cleared.clearance.person) {
      options.again([row])
      return null
    }
    if (!lostReaders(cleared.clearance, current.clearance)) return current
    withheld.message(row)
    return null
  }

  function newTurn(session: Session, clearance: Clearance, trace: string): Turn {
    return {
      id: randomUUID(),
      session: session.id,
      epoch: session.epoch,
      state: 'running',
      grant: clearance.grant(),
      reason: null,
      usage: null,
      model: null,
      lastEntry: null,
      trace,
      startedAt: now(),
    }
  }
}

/** What did not change since it was last said need not be said again. */
const givenBefore = (desk: Desk, text: string): boolean =>
  desk
    .history()
    .some(entry => entry.blocks.some(block => block.type === 'context' && block.text.includes(text)))
