// Joins the rooms of a running gateway, and opens and closes them in order.

import type { Household } from '../access/household.ts'
import { type Models, openModels } from '../agent/models/models.ts'
import type { BoxRules } from '../box/policy.ts'
import type { Boxes } from '../box/room.ts'
import type { Channel, Control } from '../channel.ts'
import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/load.ts'
import { openSender } from '../delivery/sender.ts'
import { workspaceFault } from '../desk/files.ts'
import type { Log } from '../log.ts'
import { loginsFolder } from '../mcp/logins.ts'
import { openToolServers } from '../mcp/room.ts'
import type { Memory } from '../memory/memory.ts'
import type { StatusReport } from '../protocol/messages.ts'
import type { Received } from '../store/inbox.ts'
import type { Store } from '../store/store.ts'
import { newTrace, type Tracer } from '../trace/trace.ts'
import { openAttachments } from './attachments.ts'
import { openBudget } from './budget.ts'
import { openChannelChanges } from './channel-changes.ts'
import { syncChannels, type WantedChannel } from './channel-sync.ts'
import { type ChannelRunner, openChannels } from './channels.ts'
import { openCommandRuns } from './commands/run.ts'
import { commandTable } from './commands/table.ts'
import { openCompactor } from './compaction.ts'
import { type Configuration, openConfiguration } from './configuration/configuration.ts'
import { openInForce } from './configuration/in-force.ts'
import { examine, refusalOf, tryModel } from './configuration/probation.ts'
import { openReload } from './configuration/reload.ts'
import { openConsent } from './consent.ts'
import { openControl } from './control.ts'
import { openConversation } from './conversation/conversation.ts'
import type { Task } from './conversation/task.ts'
import { tracedStream } from './conversation/traced.ts'
import { openDeliveries } from './deliveries.ts'
import { type Desks, openDesks } from './desks.ts'
import { type Errand, type ErrandWork, subagentChannel } from './errand.ts'
import { openExpiry } from './expiry.ts'
import { openFaults } from './faults.ts'
import { openGatekeeper } from './gatekeeper.ts'
import { openJoins } from './joins.ts'
import { openLanes } from './lanes.ts'
import { openLent } from './lent.ts'
import { openLive } from './live.ts'
import { openMenus } from './menus.ts'
import { openModelChoice } from './model-choice.ts'
import { openNotices } from './notices.ts'
import { openPeople } from './people.ts'
import { openPostOffice, type PostOffice } from './post-office.ts'
import { openPrompts } from './prompts.ts'
import { openReceiver } from './receive.ts'
import { resumeTurns } from './recovery.ts'
import { openRemember } from './remember.ts'
import { openRevisions } from './revisions.ts'
import { authorName } from './said.ts'
import { scheduleChannel } from './schedule/job.ts'
import { openSchedule, type Schedule } from './schedule/schedule.ts'
import { openSelf, type Records } from './self.ts'
import { openStatus } from './status.ts'
import { openSubagents } from './subagents.ts'
import { openTyping } from './typing.ts'
import { openStop, openWake } from './waiting.ts'
import { dayStart } from './zone.ts'

export interface GatewayOptions {
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
  /** Why the file on disk is not what `config` holds. */
  readonly problem?: string | null
  /** The channels that a configuration asks for; absent when they do not follow it. */
  readonly channelsOf?: (config: Config) => readonly WantedChannel[]
  /** Told of each configuration that comes into force. */
  readonly reloaded?: (config: Config) => void
  /** Fits each configuration that comes into force to this process. */
  readonly adapt?: (config: Config) => Config
  readonly records?: Records
  /** How long a change is watched, in milliseconds. */
  readonly probationMs?: number
  readonly env?: Environment
}

export interface Gateway {
  readonly control: Control
  readonly channels: ChannelRunner
  readonly configuration: Configuration
  readonly schedule: Schedule
  /** Takes up what a crash or a shutdown left. */
  recover(): void
  /** Brings a configuration into force; turns of people it lowers are revoked. */
  reload(config: Config): void
  /** What the configuration in force says of boxes. */
  boxRules(): BoxRules
  /** Who there is now. */
  household(): Household
  /** Says a line of the program's own to every owner. */
  tellOwners(text: string): void
  status(): StatusReport
  /** Stops listening, lets turns reach a step boundary until `signal` aborts, empties the outbox, closes the channels. */
  close(signal: AbortSignal): Promise<void>
}

export function openGateway(options: GatewayOptions): Gateway {
  const { store, memory, boxes, log, tracer } = options
  const now = options.now ?? Date.now
  const startedAt = now()
  const modelOptions = { now, ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }) }
  const modelsOf = options.openModels ?? ((of: Config) => openModels(of, modelOptions))
  const inForce = openInForce(options.config, modelsOf)
  const { config, household, models, timezone, directSessions } = inForce

  // The journey is a circle: work that begins anew goes back to the receiver and the lanes. Whatever is needed here
  // before it can be made is called by name, from inside a function, and only once all of it stands:
  // receiver, channelChanged, converse, faults, office, schedule, joins, reload, desks.
  const proceed = (rows: readonly Received[]) => receiver.proceed(rows)
  const takeUp = (work: ErrandWork) => lanes.push(work.session.id, { kind: 'message', ...work })
  const channel = (name: string): Channel | undefined => channels.get(name)

  // Out and in: channels, what leaves by them, and who is cleared there.
  const channels: ChannelRunner = openChannels({
    admit: batch => receiver.admit(batch),
    changed: each => channelChanged(each),
    log,
  })
  const gatekeeper = openGatekeeper(household, channel)
  const { reissue } = gatekeeper
  const live = openLive()
  const typing = openTyping(channel)
  const sender = openSender({
    outbox: store.outbox,
    durable: store.durable,
    channel,
    reissue,
    ...openDeliveries({ store, typing, household, schedule: () => schedule, office: () => office }),
    log,
    tracer,
    now,
  })
  const office: PostOffice = openPostOffice({ store, sender, live, household, channel, directSessions, now })
  const tell = (person: string, text: string) => {
    const known = household().people.get(person)
    if (known) office.tell(known, text)
  }
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
  const wake = openWake(store, lanes)

  // The configuration and the people in it.
  const configuration = openConfiguration({
    config: options.config,
    problem: options.problem ?? null,
    generations: store.generations,
    durable: store.durable,
    async bring(next, before) {
      reload(next)
      options.reloaded?.(next)
      await syncChannels(channels, options.channelsOf, next, before, log)
    },
    refuse: (next, before) => joins.refusal(next.household) ?? refusalOf(next, before, modelsOf),
    tryOut: tryModel,
    examine: (next, before, signal) => examine(next, before, channel, signal),
    tell,
    ...(options.probationMs === undefined ? {} : { probationMs: options.probationMs }),
    ...(options.env ? { env: options.env } : {}),
    ...(options.adapt ? { adapt: options.adapt } : {}),
    log,
    tracer,
    now,
  })
  const { modelFor, sideModel } = openModelChoice(store, config)
  const remember = openRemember({
    store,
    memory,
    household,
    settings: () => config().settings,
    models,
    sideModel,
    busy: () => lanes.running().length > 0,
    tracer,
    log,
    now,
  })
  const joins = openJoins({
    store,
    memory: () => memory.room,
    workspace: () => config().paths.workspace,
    household,
    quietly: remember.quietly,
    joined: () => schedule.sync(),
    tell,
    log,
  })
  const people = openPeople({ pairings: store.pairings, configuration, joins })
  const consent = openConsent({
    store,
    household,
    rules: () => config().settings.tools.approve.rules,
    office,
    wake,
    now,
  })

  // Work that no person just wrote.
  const work = {
    store,
    household,
    gatekeeper,
    channel,
    office,
    live,
    idle: sender.idle,
    send: sender.take,
    proceed,
    enqueue: takeUp,
    log,
    now,
  }
  const schedule: Schedule = openSchedule({ ...work, config, tracer })
  const subagents = openSubagents({
    ...work,
    instructions: name => config().settings.subagents.profiles.find(each => each.name === name)?.instructions,
    wake,
    stop: lanes.stop,
  })
  const errands: ReadonlyMap<string, Errand> = new Map([
    [scheduleChannel, schedule],
    [subagentChannel, subagents.errand],
  ])
  const stop = openStop({ store, lanes, subagents }, wake)

  // What a turn works with.
  const status = openStatus({
    version: options.version,
    startedAt,
    inForce,
    configuration,
    model: () => modelFor(null),
    channels,
    running: lanes.running,
    store,
  })
  const toolServers = openToolServers({
    servers: inForce.toolServers,
    boxes,
    logins: loginsFolder(options.config.paths.db),
    version: options.version,
    log,
    now,
  })
  const lent = openLent({
    store,
    memory,
    inForce,
    configuration,
    people,
    joins,
    schedule,
    subagents,
    self: openSelf({ status, records: options.records ?? {}, workspace: () => config().paths.workspace }),
    sender,
    live,
    channel,
    now,
  })
  const desks: Desks = openDesks({
    store,
    memory,
    boxes,
    inForce,
    toolServers,
    channel,
    office,
    lent: lent.hands,
    now,
  })
  const prompts = openPrompts(config)
  const today = () => dayStart(now(), timezone())
  const compactor = openCompactor({
    store,
    stream: trace => tracedStream(models, tracer, { trace, parent: null, model: sideModel(), began() {} }),
    cost: (name, usage) => models().cost(name, usage),
    model: sideModel,
    nameOf: author => (author === null ? null : authorName(author, household())),
    log,
    now,
  })
  const expiry = openExpiry({ store, memory, boxes, reissue, ready: options.ready, log, now })

  // The journey: from the lane to the reply, and before it from arrival to the lane.
  const revisions = openRevisions(store)
  const converse = openConversation({
    store,
    config,
    household,
    timezone,
    models,
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
    enqueue: lanes.push,
    ended: remember.nudge,
    gatekeeper,
    consent,
    compactor,
    channel,
    sender,
    live,
    office,
    typing,
    log,
    tracer,
    now,
  })
  const commands = commandTable({
    store,
    memory,
    configuration,
    people,
    consent,
    models,
    modelFor,
    status,
    stop,
    running: session => lanes.running().includes(session),
    compact: (session, clearance) =>
      lanes.push(session, { kind: 'compact', session, clearance, trace: newTrace() }),
    channels: channels.all,
    toolsOf: desks.toolsOf,
    scheduleHand: lent.scheduleHand,
    subagentHand: lent.subagentHand,
    timezone: schedule.zoneOf,
    now,
  })
  const commandRuns = openCommandRuns({ table: commands, gatekeeper, office, enqueue: lanes.push, now })
  const receiver = openReceiver({
    store,
    gatekeeper,
    household,
    directSessions,
    commandLevels: new Map([...commands.values()].map(command => [command.name, command.level])),
    runCommand: commandRuns.fromMessage,
    errands,
    enqueue: lanes.push,
    office,
    consent,
    revisions,
    live,
    log,
    tracer,
    today,
    now,
  })
  const faults = openFaults({ store, enqueue: lanes.push, proceed, errands, office, log, now })

  // What clients and platforms are shown, and what follows a change.
  const control = openControl({
    store,
    household,
    directSessions,
    live,
    consent,
    status,
    stop: session => stop(session, 'stopped'),
    shutdown: options.shutdown,
    command: commandRuns.fromClient,
    commands: commandRuns.openTo,
    models,
    running: session => lanes.running().includes(session),
    modelFor,
    today,
    now,
  })
  const menus = openMenus({
    settings: store.settings,
    household,
    commands: () => commands.values(),
    log,
    now,
  })
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
    recover() {
      const unreadable = workspaceFault(config().paths.workspace)
      if (unreadable) log.warn(unreadable)
      consent.expire()
      resumeTurns(store, lanes)
      const inFlight = sender.resume()
      if (inFlight > 0)
        log.warn({ parts: inFlight }, 'parts were in flight when the gateway ended; they are sent again')
      remember.nudge()
      const warm = () => void models().warm(modelFor(null))
      setTimeout(warm, warmAfterMs).unref()
      receiver.proceed(store.inbox.unfinished().filter(row => row.state === 'new'))
      // After what was left over: the runs that it begins are new, and taken up by themselves.
      schedule.recover()
      subagents.recover()
      void configuration.resume().then(() => joins.carryOut())
      expiry.start()
    },
    async close(signal) {
      await configuration[Symbol.asyncDispose]()
      joins[Symbol.dispose]()
      schedule[Symbol.dispose]()
      subagents[Symbol.dispose]()
      await channels.stopListening()
      await lanes.close(signal)
      await toolServers[Symbol.asyncDispose]()
      await sender.close(signal)
      await remember[Symbol.asyncDispose]()
      await expiry[Symbol.asyncDispose]()
      typing[Symbol.dispose]()
      consent[Symbol.dispose]()
      await channels.close()
    },
  }
}

/** The model’s SDK loads once the channels have begun, and before the first message needs it. */
const warmAfterMs = 400
