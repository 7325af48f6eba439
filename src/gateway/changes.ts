// What the household changes while the gateway runs: its configuration, its people, and which two of them are one.
import type { Household } from '../access/household.ts'
import type { Models } from '../agent/models/models.ts'
import type { Channel } from '../channel.ts'
import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/load.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import type { Store } from '../store/store.ts'
import type { Tracer } from '../trace/trace.ts'
import { type Configuration, openConfiguration } from './configuration/configuration.ts'
import { examine, refusalOf, tryModel } from './configuration/probation.ts'
import { syncChannels, type WantedChannel } from './doors/channel-sync.ts'
import type { ChannelRunner } from './doors/channels.ts'
import { type Joins, openJoins } from './people/joins.ts'
import { openPeople, type People } from './people/people.ts'
import type { Schedule } from './schedule/schedule.ts'

/** How configurations come into force in this process. */
export interface Adoption {
  /** Why the file on disk is not what the gateway began with. */
  readonly problem?: string | null
  /** The channels that a configuration asks for; absent when they do not follow it. */
  readonly channelsOf?: (config: Config) => readonly WantedChannel[]
  /** Told of each configuration that comes into force. */
  readonly reloaded?: (config: Config) => void
  /** Fits each configuration that comes into force to this process. */
  readonly adapt?: (config: Config) => Config
  /** How long a change is watched, in milliseconds. */
  readonly probationMs?: number
  readonly env?: Environment
}

export interface ChangesOptions extends Adoption {
  readonly first: Config
  readonly store: Store
  readonly memory: Memory
  readonly household: () => Household
  readonly workspace: () => string
  readonly modelsOf: (config: Config) => Models
  readonly channels: ChannelRunner
  readonly channel: (name: string) => Channel | undefined
  readonly schedule: () => Schedule
  /** Brings a configuration into force. */
  readonly reload: (config: Config) => void
  /** Runs `work` while nothing is being remembered. */
  readonly quietly: (work: () => void) => Promise<void>
  readonly tell: (person: string, text: string) => void
  readonly log: Log
  readonly tracer: Tracer
  readonly now: () => number
}

export interface Changes {
  readonly configuration: Configuration
  readonly people: People
  readonly joins: Joins
}

export function openChanges(options: ChangesOptions): Changes {
  const { store, memory, channels, channel, modelsOf, log } = options
  const configuration = openConfiguration({
    ...options,
    config: options.first,
    problem: options.problem ?? null,
    generations: store.generations,
    durable: store.durable,
    async bring(next, before) {
      options.reload(next)
      options.reloaded?.(next)
      await syncChannels(channels, options.channelsOf, next, before, log)
    },
    refuse: (next, before) => joins.refusal(next.household) ?? refusalOf(next, before, modelsOf),
    tryOut: tryModel,
    examine: (next, before, signal) => examine(next, before, channel, signal),
  })
  const joins = openJoins({
    ...options,
    memory: () => memory.room,
    joined: () => options.schedule().sync(),
  })
  return { configuration, people: openPeople({ pairings: store.pairings, configuration, joins }), joins }
}
