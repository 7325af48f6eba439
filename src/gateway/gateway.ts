// The rooms of a running gateway, joined along the journey of a message, and opened and closed in order.
import type { Household } from '../access/household.ts'
import { type Models, openModels } from '../agent/models/models.ts'
import type { BoxRules } from '../box/policy.ts'
import type { Boxes } from '../box/room.ts'
import type { Control } from '../channel.ts'
import type { Config } from '../config/load.ts'
import type { Log } from '../log.ts'
import type { Memory } from '../memory/memory.ts'
import type { StatusReport } from '../protocol/messages.ts'
import type { Received } from '../store/inbox.ts'
import type { Store } from '../store/store.ts'
import { newTrace, type Tracer } from '../trace/trace.ts'
import { openBudget } from './budget.ts'
import { type Adoption, openChanges } from './changes.ts'
import { openCommandRuns } from './commands/run.ts'
import { commandTable } from './commands/table.ts'
import type { Configuration } from './configuration/configuration.ts'
import { openInForce } from './configuration/in-force.ts'
import { openReload } from './configuration/reload.ts'
import { openConsent } from './consent.ts'
import { openControl } from './control.ts'
import { openAttachments } from './conversation/attachments.ts'
import { openConversation } from './conversation/conversation.ts'
import type { Task } from './conversation/task.ts'
import { openChannelChanges } from './doors/channel-changes.ts'
import type { ChannelRunner } from './doors/channels.ts'
import { openDoors } from './doors/doors.ts'
import { openMenus } from './doors/menus.ts'
import { openFaults } from './faults.ts'
import { openLanes } from './lanes.ts'
import { type Lifetime, lifetimeOf } from './lifetime.ts'
import { openModelChoice } from './model-choice.ts'
import { openNotices } from './notices.ts'
import { openOwnWork } from './own-work.ts'
import { openReceiver } from './receive.ts'
import { openRevisions } from './revisions.ts'
import type { Schedule } from './schedule/schedule.ts'
import type { Records } from './self/self.ts'
import { openSideWork } from './side-work/side-work.ts'
import { openWake } from './waiting.ts'
import { openWorkplace } from './workplace.ts'
import { dayStart } from './zone.ts'

export interface GatewayOptions extends Adoption {
  readonly config: Config
  readonly store: Store
  readonly memory: Memory
  readonly boxes: Boxes
  /** What has to be known before the first turn: whether the box holds. */
  readonly ready?: Promise<unknown>
  readonly log: Log
  readonly tracer: Tracer
  readonly version: string
  /** Ends the process's work; asked for by a client. */
  readonly shutdown: () => void
  readonly now?: () => number
  /** Milliseconds without an event before a model's stream counts as dead. */
  readonly idleMs?: number
  /** The models of a configuration, if not those of its providers. */
  readonly openModels?: (config: Config) => Models
  readonly records?: Records
}

export interface Gateway extends Lifetime {
  readonly control: Control
  readonly channels: ChannelRunner
  readonly configuration: Configuration
  readonly schedule: Schedule
  /** Brings a configuration into force; turns of people it lowers are revoked. */
  reload(config: Config): void
  /** What the configuration in force says of boxes. */
  boxRules(): BoxRules
  /** Who there is now. */
  household(): Household
  /** Says a line of the program's own to every owner. */
  tellOwners(text: string): void
  status(): StatusReport
}

export function openGateway(options: GatewayOptions): Gateway {
  const { store, memory, boxes, log, tracer } = options
  const now = options.now ?? Date.now
  const modelOptions = options.idleMs === undefined ? {} : { idleMs: options.idleMs }
  const modelsOf = options.openModels ?? ((of: Config) => openModels(of, modelOptions))
  const inForce = openInForce(options.config, modelsOf)
  const { config, household, models, timezone, directSessions } = inForce
  const workspace = () => config().paths.workspace
  const today = () => dayStart(now(), timezone())

  // What follows is given to nearly every room; each names the part of it that it takes.
  const base = { store, memory, boxes, inForce, config, household, models, directSessions, log, tracer, now }

  // The journey is a circle: work that begins anew goes back to the receiver and the lanes. Whatever is needed here
  // before it can be made is called by name, from inside a function, and only once all of it stands.
  const proceed = (rows: readonly Received[]) => receiver.proceed(rows)
  const doors = openDoors({
    ...base,
    schedule: () => schedule,
    admit: batch => receiver.admit(batch),
    changed: channel => channelChanged(channel),
  })
  const { channels, channel, gatekeeper, live, sender, office } = doors
  const lanes = openLanes<Task>(
    async (task, lane) => {
      try {
        await options.ready
        await converse(task, lane)
      } catch (error) {
        faults.failed(task, error)
      }
    },
    (error, session) => log.error({ err: error, session }, 'a lane broke'),
  )
  const enqueue = lanes.push
  const running = (session: string) => lanes.running().includes(session)
  const wake = openWake(store, lanes)

  // Beside the journey: what is done between turns, what changes meanwhile, and work that no person just wrote.
  const { modelFor, sideModel } = openModelChoice(store, config)
  const sideWork = openSideWork({
    ...base,
    ready: options.ready,
    sideModel,
    modelFor,
    gatekeeper,
    busy: () => lanes.running().length > 0,
  })
  const { remember, compactor } = sideWork
  const changes = openChanges({
    ...options,
    ...base,
    ...doors,
    first: options.config,
    workspace,
    modelsOf,
    schedule: () => schedule,
    reload: next => reload(next),
    quietly: remember.quietly,
  })
  const { configuration } = changes
  const ownWork = openOwnWork({
    ...base,
    ...doors,
    idle: sender.idle,
    send: sender.take,
    proceed,
    lanes,
    wake,
  })
  const { schedule, subagents, errands, stop } = ownWork
  const rules = () => config().settings.tools.approve.rules
  const consent = openConsent({ ...base, office, rules, wake })

  // What a turn works with.
  const model = () => modelFor(null)
  const { status, toolServers, lent, desks, prompts } = openWorkplace({
    ...base,
    ...doors,
    ...changes,
    ...ownWork,
    version: options.version,
    model,
    running: lanes.running,
    records: options.records ?? {},
  })

  // The journey: from arrival to the lane, and from the lane to the reply.
  const revisions = openRevisions(store)
  const commands = commandTable({
    ...base,
    ...changes,
    consent,
    modelFor,
    status,
    stop,
    running,
    compact: (session, clearance) =>
      enqueue(session, { kind: 'compact', session, clearance, trace: newTrace() }),
    caughtUp: remember.caughtUp,
    channels: channels.all,
    toolsOf: desks.toolsOf,
    scheduleHand: lent.scheduleHand,
    subagentHand: lent.subagentHand,
    timezone: schedule.zoneOf,
  })
  const commandRuns = openCommandRuns({ table: commands, gatekeeper, office, enqueue, now })
  const receiver = openReceiver({
    ...base,
    ...doors,
    commandLevels: new Map([...commands.values()].map(command => [command.name, command.level])),
    runCommand: commandRuns.fromMessage,
    errands,
    enqueue,
    consent,
    revisions,
    today,
  })
  const converse = openConversation({
    ...base,
    ...doors,
    timezone,
    modelFor,
    openDesk: desks.open,
    prompt: prompts.promptFor,
    notices: openNotices(configuration),
    attached: openAttachments({ channel, boxes, expiring: store.expiring, config }),
    latest: revisions.latest,
    budget: openBudget({ settings: () => config().settings.budget, spending: store.spending, today }),
    errands,
    abandon: subagents.abandon,
    again: proceed,
    enqueue,
    ended: remember.nudge,
    consent,
    compactor,
  })
  const faults = openFaults({ ...base, office, errands, enqueue, proceed })

  // What clients and platforms are shown, and what follows a change.
  const control = openControl({
    ...base,
    live,
    consent,
    status,
    stop: session => stop(session, 'stopped'),
    shutdown: options.shutdown,
    command: commandRuns.fromClient,
    commands: commandRuns.openTo,
    running,
    modelFor,
    standIn: () => config().standIn,
    today,
  })
  const menus = openMenus({ ...base, settings: store.settings, commands: () => commands.values() })
  const channelChanged = openChannelChanges({ sender, menus, office, log })
  const reload = openReload({ inForce, store, toolServers, prompts, channels, menus, schedule, lanes })

  return {
    control,
    channels,
    boxRules: inForce.boxRules,
    household,
    tellOwners: text => office.tellOwners(text),
    configuration,
    schedule,
    reload,
    status,
    ...lifetimeOf({
      ...base,
      ...doors,
      ...changes,
      ...ownWork,
      ...sideWork,
      lanes,
      receiver,
      consent,
      toolServers,
      model,
      workspace,
    }),
  }
}
