// Brings a configuration into force: everything that follows it is told, and turns of people it lowers are revoked.
import { reissueAmongSame } from '../../access/clear.ts'
import type { Config } from '../../config/load.ts'
import type { ToolServers } from '../../mcp/room.ts'
import type { Store } from '../../store/store.ts'
import type { Task } from '../conversation/task.ts'
import type { ChannelRunner } from '../doors/channels.ts'
import type { Menus } from '../doors/menus.ts'
import type { Lanes } from '../lanes.ts'
import type { Prompts } from '../prompts.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { InForce } from './in-force.ts'

export interface ReloadOptions {
  readonly inForce: InForce
  readonly store: Store
  readonly toolServers: Pick<ToolServers, 'sweep'>
  readonly prompts: Prompts
  readonly channels: ChannelRunner
  readonly menus: Menus
  readonly schedule: Pick<Schedule, 'sync'>
  readonly lanes: Lanes<Task>
}

export function openReload(options: ReloadOptions): (next: Config) => void {
  const { inForce, store, channels, lanes } = options

  return function reload(next) {
    inForce.replace(next)
    options.toolServers.sweep()
    options.prompts.forget()
    for (const each of channels.all()) if (each.state().kind === 'connected') void options.menus.offer(each)
    options.schedule.sync()
    revokeLowered()
  }

  function revokeLowered(): void {
    for (const { id, session, state, grant } of store.turns.open()) {
      const clearance = reissueAmongSame(grant, inForce.household())
      if (clearance.covers(grant.reads) && clearance.acts === grant.acts) continue
      // Who resumes finds that it may not go on.
      if (state === 'waiting') lanes.push(session, { kind: 'resume', turn: id, session })
      else lanes.stop(session, 'revoked')
    }
  }
}
