// The hands that the gateway itself lends to a turn: schedule, subagents, configuration, people, files, what Coop knows of itself.
import type { Clearance } from '../access/clearance.ts'
import type { Channel } from '../channel.ts'
import type { Sender } from '../delivery/sender.ts'
import type { Rooms, TurnFacts } from '../desk/desk.ts'
import type { Memory } from '../memory/memory.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import type { SelfHand } from '../tools/hands/household.ts'
import type { ScheduleHand, SubagentHand } from '../tools/hands/work.ts'
import { newTrace } from '../trace/trace.ts'
import { configHand } from './configuration/config-hand.ts'
import type { Configuration } from './configuration/configuration.ts'
import type { InForce } from './configuration/in-force.ts'
import { fileHand } from './file-hand.ts'
import type { Live } from './live.ts'
import type { Joins } from './people/joins.ts'
import type { People } from './people/people.ts'
import { peopleHand } from './people/people-hand.ts'
import { foreseeJob } from './schedule/foresight.ts'
import type { Schedule } from './schedule/schedule.ts'
import { scheduleHand } from './schedule/schedule-hand.ts'
import { subagentHand } from './subagent-hand.ts'
import type { Subagents } from './subagents.ts'

export interface LentOptions {
  readonly store: Store
  readonly memory: Memory
  readonly inForce: InForce
  readonly configuration: Configuration
  readonly people: People
  readonly joins: Joins
  readonly schedule: Schedule
  readonly subagents: Subagents
  readonly self: (clearance: Clearance) => SelfHand
  readonly sender: Sender
  readonly live: Live
  readonly channel: (name: string) => Channel | undefined
  readonly now: () => number
}

/** Where a chat command is given. */
export interface Given {
  readonly clearance: Clearance
  readonly session: Session
}

export interface Lent {
  readonly hands: Rooms['lent']
  /** The hands of chat commands. */
  scheduleHand(given: Given): ScheduleHand | null
  subagentHand(given: Given): SubagentHand | null
}

export function openLent(options: LentOptions): Lent {
  const { store, memory, inForce, configuration, people, joins, schedule, subagents, now } = options

  /** Whether this very call was approved: its approval is spent when it runs. */
  const approved = (callId: string) => {
    const colon = callId.indexOf(':')
    return store.approvals.ofCall(callId.slice(0, colon), callId.slice(colon + 1))?.state === 'used'
  }

  const jobHand = (clearance: Clearance, callId: string) =>
    scheduleHand(clearance, callId, {
      schedule,
      jobs: store.jobs,
      foresee: job => foreseeJob(job, inForce.config(), name => options.channel(name) !== undefined),
      now,
    })

  const helpers = {
    store,
    subagents,
    settings: () => inForce.config().settings.subagents,
    models: inForce.models,
    now,
  }
  const ofHousehold = {
    configuration,
    memory,
    approved,
    leftBehind: joins.leftBehind,
    people,
    pairings: store.pairings,
    timezone: inForce.timezone,
  }

  return {
    hands(clearance, session, callId, facts) {
      const working = session.kind === 'job' || session.kind === 'subagent'
      return {
        files: fileHand(clearance, session, callId, options),
        schedule: working ? null : jobHand(clearance, callId),
        subagents: subagentHand(clearance, session, callId, facts, helpers),
        config: working ? null : configHand(clearance, callId, ofHousehold),
        people: working ? null : peopleHand(clearance, callId, ofHousehold),
        self: options.self(clearance),
      }
    },
    scheduleHand: ({ clearance }) => jobHand(clearance, commandCall()),
    subagentHand: ({ clearance, session }) =>
      subagentHand(clearance, session, commandCall(), noTurn, helpers),
  }
}

const commandCall = (): string => `command:${newTrace()}`

/** A command lists and stops, and sends nothing off. */
const noTurn: TurnFacts = { turn: { id: '', epoch: 0, trace: '' }, seen: () => 'outside', tools: () => [] }
