// Opens desks with what the gateway and the configuration in force give them.
import { groupOf } from '../access/clear.ts'
import type { Clearance } from '../access/clearance.ts'
import type { Boxes } from '../box/room.ts'
import type { Channel } from '../channel.ts'
import { type Desk, type DeskTurn, openDesk, type Rooms } from '../desk/desk.ts'
import type { ToolServers } from '../mcp/room.ts'
import type { Memory } from '../memory/memory.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { Tool } from '../tools/tool.ts'
import type { InForce } from './configuration/in-force.ts'
import type { PostOffice } from './doors/post-office.ts'
import { messageHand } from './message-hand.ts'

export interface DesksOptions {
  readonly store: Store
  readonly memory: Memory
  readonly boxes: Boxes
  readonly inForce: InForce
  readonly toolServers: ToolServers
  readonly channel: (name: string) => Channel | undefined
  readonly office: PostOffice
  readonly lent: Rooms['lent']
  readonly now: () => number
}

export type OpenDesk = (clearance: Clearance, session: Session, turn: DeskTurn) => Desk
export type ToolsOf = (clearance: Clearance, session: Session) => readonly Tool[]

export interface Desks {
  readonly open: OpenDesk
  /** The tools of a session, outside any turn. */
  readonly toolsOf: ToolsOf
}

/** What is heard in a direct chat is reactions alone. */
const directNotes = 20
const noTurn: DeskTurn = { id: '', epoch: 0, trace: '' }

export function openDesks(options: DesksOptions): Desks {
  const { store, inForce, channel, office } = options
  const { household } = inForce

  const reactions: Rooms['reactions'] = (place, turn) => {
    const to = channel(place.channel)
    if (!to?.react) return undefined
    return {
      async react(emoji, signal) {
        const message = store.inbox.ofTurn(turn).at(-1)
        if (message) await to.react?.(place, message.inbound.externalId, emoji, signal)
      },
    }
  }

  const rooms = (): Rooms => {
    const { paths, settings } = inForce.config()
    return {
      store,
      memory: options.memory,
      boxes: options.boxes,
      web: inForce.webRules(),
      toolServers: options.toolServers,
      nameOf: person => household().people.get(person)?.name ?? person,
      workspace: paths.workspace,
      timezone: inForce.timezone(),
      skills: settings.skills,
      heardLimit: place =>
        place.kind === 'direct' ? directNotes : (groupOf(place, household())?.historyLimit ?? 0),
      messages: (clearance, callId) => messageHand(clearance, callId, { household, office }),
      reactions,
      lent: options.lent,
      now: options.now,
    }
  }

  const open: OpenDesk = (clearance, session, turn) => openDesk(clearance, session, turn, rooms())
  // A box opens when a tool is first used, and none is: of such a desk there is nothing to close.
  return { open, toolsOf: (clearance, session) => open(clearance, session, noTurn).tools }
}
