// What a turn works with: its desk, its prompt, tool servers, and what of the gateway itself is lent to its tools.
import type { Boxes } from '../box/room.ts'
import type { Channel } from '../channel.ts'
import type { Log } from '../log.ts'
import { loginsFolder } from '../mcp/logins.ts'
import { openToolServers, type ToolServers } from '../mcp/room.ts'
import type { StatusReport } from '../protocol/messages.ts'
import { type Desks, openDesks } from './desks.ts'
import type { ChannelRunner } from './doors/channels.ts'
import type { PostOffice } from './doors/post-office.ts'
import { type Lent, type LentOptions, openLent } from './lent.ts'
import { openPrompts, type Prompts } from './prompts.ts'
import { openSelf, type Records } from './self/self.ts'
import { openStatus } from './self/status.ts'

export interface WorkplaceOptions extends Omit<LentOptions, 'self'> {
  readonly version: string
  readonly boxes: Boxes
  readonly channels: ChannelRunner
  readonly channel: (name: string) => Channel | undefined
  readonly office: PostOffice
  /** The model that answers where nobody chose another. */
  readonly model: () => string
  /** Sessions in which a turn runs. */
  readonly running: () => readonly string[]
  readonly records: Records
  readonly log: Log
}

export interface Workplace {
  readonly status: () => StatusReport
  readonly toolServers: ToolServers
  readonly lent: Lent
  readonly desks: Desks
  readonly prompts: Prompts
}

export function openWorkplace(options: WorkplaceOptions): Workplace {
  const { inForce, records, now } = options
  const { paths } = inForce.config()
  const status = openStatus({ ...options, startedAt: now() })
  const toolServers = openToolServers({
    ...options,
    servers: inForce.toolServers,
    logins: loginsFolder(paths.db),
    now: () => performance.now(),
  })
  const workspace = () => inForce.config().paths.workspace
  const lent = openLent({ ...options, self: openSelf({ status, records, workspace }) })
  const desks = openDesks({ ...options, toolServers, lent: lent.hands })
  return { status, toolServers, lent, desks, prompts: openPrompts(inForce.config) }
}
