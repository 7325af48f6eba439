// One session as one clearance opens it: its transcript, files, tools and scribe. Nothing else holds them together.
import { randomUUID } from 'node:crypto'
import { type Clearance, checkClearance } from '../access/clearance.ts'
import { atLeast } from '../access/levels.ts'
import type { Boxes } from '../box/room.ts'
import type { Place } from '../channel.ts'
import type { ToolServers } from '../mcp/room.ts'
import type { Memory } from '../memory/memory.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Disclosed } from '../store/disclosure.ts'
import { type CallState, type Entry, type NewEntry, type Origin, originIn, worst } from '../store/entry.ts'
import type { OutboxRow } from '../store/outbox.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { EntryPlace } from '../store/transcript.ts'
import type { Spend, TurnEnd } from '../store/turns.ts'
import type { MessageHand, ReactionHand, SkillHand } from '../tools/hands/talk.ts'
import type { Hands } from '../tools/hands.ts'
import type { Tool } from '../tools/tool.ts'
import { tools as allTools } from '../tools/tools.ts'
import { type WebRules, webHandOf } from '../web/hand.ts'
import { openTurnBox } from './box.ts'
import { type Files, openFiles } from './files.ts'
import { forgetFor } from './forget.ts'
import { openMemoryHand } from './memory.ts'
import { openSkills, type SkillRules } from './skills.ts'
import { openTodo } from './todo.ts'

/** Hands that the gateway itself has to give. */
export type LentHands = Pick<Hands, 'schedule' | 'subagents' | 'config' | 'people' | 'self' | 'files'>

/** What a lent hand may need to know of the turn, asked when it is needed. */
export interface TurnFacts {
  readonly turn: DeskTurn
  readonly seen: () => Origin
  readonly tools: () => readonly string[]
}

/** What the gateway lends a desk; each room opens with the desk's clearance and nothing wider. */
export interface Rooms {
  readonly store: Store
  readonly memory: Memory
  readonly boxes: Boxes
  readonly web: WebRules
  readonly toolServers: Pick<ToolServers, 'hand'>
  /** The name that a person’s words are remembered under. */
  readonly nameOf: (person: string) => string
  readonly workspace: string
  readonly timezone: string
  readonly skills: SkillRules
  /** How many overheard messages before a turn are kept as its context. */
  readonly heardLimit: (place: Place) => number
  readonly messages: (clearance: Clearance, callId: string) => MessageHand | null
  readonly reactions?: (place: Place, turn: string) => ReactionHand | undefined
  readonly lent: (clearance: Clearance, session: Session, callId: string, facts: TurnFacts) => LentHands
  readonly now: () => number
}

export interface DeskTurn {
  readonly id: string
  readonly epoch: number
  readonly trace: string
}

export interface Desk extends AsyncDisposable {
  readonly clearance: Clearance
  readonly session: Session
  readonly turn: DeskTurn
  readonly files: Files
  readonly skills: SkillHand
  readonly memory: MemoryView
  /** The tools that this clearance has, by name. */
  readonly tools: readonly Tool[]
  /** The hands of one call; `onOutput` follows what it puts out while it runs. */
  hands(callId: string, onOutput?: (chunk: string) => void): Hands
  /** The worst origin of what this turn’s prompt holds. */
  seen(): Origin
  /** Everything covered that may enter the prompt, oldest first, this turn's entries last. */
  history(): Entry[]
  /** Begins the turn with its first messages and what goes with them, in one commit. */
  begin(inbox: readonly number[], entries: readonly NewEntry[], given: readonly Disclosed[]): void
  /** Messages that join the running turn, in one commit. */
  join(inbox: readonly number[], entries: readonly NewEntry[]): Entry[]
  /** Ends the turn, its reply's parts included, in one commit. */
  end(end: TurnEnd, cost: Spend | null): { entries: Entry[]; rows: OutboxRow[] }
  /** Stores what a step said and planned, in one commit. */
  step(entries: readonly NewEntry[], cost: Spend): void
  setCall(entry: number, state: CallState): void
  /** Resolves when what this turn stored would survive a power cut. */
  durable(): Promise<void>
  endCall(
    entry: number,
    result: { callId: string; name: string; text: string; isError: boolean },
    origin: Origin,
    state?: CallState,
  ): void
  readonly now: () => number
}

export function openDesk(clearance: Clearance, session: Session, turn: DeskTurn, rooms: Rooms): Desk {
  checkClearance(clearance)
  const { store, now } = rooms
  const view = store.transcript.view(clearance)
  const place: EntryPlace & { turn: string } = {
    session: session.id,
    epoch: turn.epoch,
    turn: turn.id,
    trace: turn.trace,
  }
  const files = openFiles(clearance, rooms.workspace, store.fileOrigins.of)
  const skills = openSkills(
    clearance,
    () => openFiles(clearance, rooms.workspace, store.fileOrigins.of),
    rooms.workspace,
    rooms.skills,
  )
  const memory = rooms.memory.open(clearance)
  const disclose = (given: readonly Disclosed[]) =>
    store.disclosures.record(
      { session: session.id, turn: turn.id, audience: clearance.audience },
      given,
      now(),
    )
  const asking = (key: string) => ({
    name: clearance.person === null ? null : rooms.nameOf(clearance.person),
    origin: seen(),
    key,
  })
  const seen = () => worst(history().flatMap(entry => originIn(entry, turn.id)))
  const box = openTurnBox(clearance, {
    boxes: rooms.boxes,
    seen,
    sanctioned: (callId, question) => {
      const known = store.approvals.ofCall(turn.id, callId.slice(turn.id.length + 1))
      return known?.state === 'used' && known.needs === 'full' && known.question === question
    },
    disclose,
  })
  const web = webHandOf(clearance, rooms.web)
  const mcp = rooms.toolServers.hand(clearance)
  // A job answers no message that could be signed.
  const reactions = session.kind === 'job' ? undefined : rooms.reactions?.(clearance.place, turn.id)
  const hands: Desk['hands'] = (callId, onOutput) => ({
    box: box.hand(callId, onOutput),
    web,
    mcp,
    call: { id: callId, now: now(), timezone: rooms.timezone },
    skills,
    memory: openMemoryHand({
      view: memory,
      asking: () => asking(callId),
      disclose,
      forget: (what, sources) => forgetFor(store.db, memory, clearance, what, sources),
    }),
    todo: openTodo(store.settings, session.id, clearance, seen, now),
    messages: rooms.messages(clearance, callId),
    ...(reactions ? { reactions } : {}),
    ...rooms.lent(clearance, session, callId, { turn, seen, tools: () => tools.map(tool => tool.name) }),
  })
  const probe = hands(randomUUID())
  const tools = allTools
    .filter(
      tool =>
        atLeast(clearance.level, tool.level) &&
        (clearance.tools === null || clearance.tools.includes(tool.name)) &&
        tool.available(probe),
    )
    .map(tool => (tool.detail ? { ...tool, description: tool.description + tool.detail(probe) } : tool))
  let loaded: Entry[] | undefined
  const history = () => (loaded ??= load())
  const load = () =>
    inOrder(
      view.entries(session.id, turn.epoch, session.windowFrom),
      turn.id,
      rooms.heardLimit(clearance.place),
    )
  /** What this desk wrote it need not read again. */
  const keep = (entries: readonly Entry[]) => void history().push(...entries)
  const change = (id: number, to: Partial<Entry>) => {
    loaded = history().map(entry => (entry.id === id ? { ...entry, ...to } : entry))
  }

  return {
    clearance,
    session,
    turn,
    files,
    skills,
    memory,
    tools,
    hands,
    now,
    history,
    seen,
    begin(inbox, entries, given) {
      history()
      keep(
        store.together(() => {
          disclose(given)
          return store.turns.begin(place, clearance.grant(), inbox, entries, now())
        }),
      )
    },
    join(inbox, entries) {
      const joined = store.turns.join(place, inbox, entries, now())
      keep(joined)
      return joined
    },
    end: (end, cost) => store.turns.end(place, end, cost, now()),
    step: (entries, cost) => keep(store.turns.step(place, entries, cost, now())),
    durable: store.durable,
    setCall(entry, state) {
      store.transcript.setState(entry, state)
      change(entry, { state })
    },
    endCall(entry, { callId, name, text, isError }, origin, state = 'done') {
      const blocks = [{ type: 'tool_result', callId, name, text, isError }] as const
      store.transcript.setResult(entry, state, blocks, origin)
      change(entry, { state, blocks, origin })
    },
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  }
}

/**
 * Summaries, then what was said, then this turn's own. Of each run of overheard messages only the last
 * `heardLimit`: what a turn once saw stays as it was.
 */
function inOrder(entries: readonly Entry[], turn: string, heardLimit: number): Entry[] {
  const summaries: Entry[] = []
  const said: Entry[] = []
  const own: Entry[] = []
  let run = 0
  for (const entry of entries.toReversed()) {
    if (entry.turn === turn) {
      own.push(entry)
      continue
    }
    run = entry.role === 'heard' ? run + 1 : 0
    if (run <= heardLimit) (entry.role === 'summary' ? summaries : said).push(entry)
  }
  return [...summaries.reverse(), ...said.reverse(), ...own.reverse()]
}
