// What a gateway takes up when it starts, and in which order its rooms end.
import type { Models } from '../agent/models/models.ts'
import { workspaceFault } from '../desk/files.ts'
import type { Log } from '../log.ts'
import type { ToolServers } from '../mcp/room.ts'
import type { Store } from '../store/store.ts'
import type { Changes } from './changes.ts'
import type { ConsentOffice } from './consent.ts'
import type { Task } from './conversation/task.ts'
import type { Doors } from './doors/doors.ts'
import type { Lanes } from './lanes.ts'
import type { OwnWork } from './own-work.ts'
import type { Receiver } from './receive.ts'
import { resumeTurns } from './recovery.ts'
import type { SideWork } from './side-work/side-work.ts'

export interface LifetimeOptions
  extends Pick<Doors, 'channels' | 'sender' | 'typing'>,
    Pick<Changes, 'configuration' | 'joins'>,
    Pick<OwnWork, 'schedule' | 'subagents'>,
    Pick<SideWork, 'remember' | 'expiry'> {
  readonly store: Store
  readonly lanes: Lanes<Task>
  readonly receiver: Receiver
  readonly consent: ConsentOffice
  readonly toolServers: ToolServers
  readonly models: () => Models
  /** The model that answers where nobody chose another. */
  readonly model: () => string
  readonly workspace: () => string
  readonly log: Log
}

export interface Lifetime {
  /** Takes up what a crash or a shutdown left. */
  recover(): void
  /** Stops listening, lets turns reach a step boundary until `signal` aborts, empties the outbox, closes the channels. */
  close(signal: AbortSignal): Promise<void>
}

/** The model’s SDK loads once the channels have begun, and before the first message needs it. */
const warmAfterMs = 400

export function lifetimeOf(rooms: LifetimeOptions): Lifetime {
  const { store, sender, lanes, configuration, joins, schedule, subagents, log } = rooms
  return {
    recover() {
      const unreadable = workspaceFault(rooms.workspace())
      if (unreadable) log.warn(unreadable)
      rooms.consent.expire()
      resumeTurns(store, lanes)
      const inFlight = sender.resume()
      if (inFlight > 0)
        log.warn({ parts: inFlight }, 'parts were in flight when the gateway ended; they are sent again')
      rooms.remember.nudge()
      setTimeout(() => void rooms.models().warm(rooms.model()), warmAfterMs).unref()
      rooms.receiver.proceed(store.inbox.unfinished().filter(row => row.state === 'new'))
      // After what was left over: the runs that it begins are new, and taken up by themselves.
      schedule.recover()
      subagents.recover()
      void configuration.resume().then(() => joins.carryOut())
      rooms.expiry.start()
    },
    async close(signal) {
      await configuration[Symbol.asyncDispose]()
      joins[Symbol.dispose]()
      schedule[Symbol.dispose]()
      subagents[Symbol.dispose]()
      await rooms.channels.stopListening()
      await lanes.close(signal)
      await rooms.toolServers[Symbol.asyncDispose]()
      await sender.close(signal)
      await rooms.remember[Symbol.asyncDispose]()
      await rooms.expiry[Symbol.asyncDispose]()
      rooms.typing[Symbol.dispose]()
      rooms.consent[Symbol.dispose]()
      await rooms.channels.close()
    },
  }
}
