// Joins the rooms of a running gateway: channels in, the journey, channels out; recovery and shutdown.

import { groupOf, reissueAmongSame } from '../access/clear.ts'
import type { Clearance } from '../access/clearance.ts'
import type { Household, Person } from '../access/household.ts'
import { atLeast } from '../access/levels.ts'
import { type Models, openModels } from '../agent/models/models.ts'
import { transcriber } from '../agent/models/transcription.ts'
import type { BoxRules } from '../box/policy.ts'
import type { Boxes } from '../box/room.ts'
import { boxRulesOf } from '../box/rules.ts'
import type { Channel, Control, Place } from '../channel.ts'
import type { Config, Environment } from '../config/load.ts'
import { seal, sealPlain } from '../delivery/seal.ts'
import { openSender, type Sender } from '../delivery/sender.ts'
import { openDesk, type Rooms, type TurnFacts } from '../desk/desk.ts'
import { workspaceFault } from '../desk/files.ts'
import type { Log } from '../log.ts'
import { loginsFolder } from '../mcp/logins.ts'
import { openToolServers } from '../mcp/room.ts'
import { toolServersOf } from '../mcp/server.ts'
import type { Memory } from '../memory/memory.ts'
import type { Results, StatusReport } from '../protocol/messages.ts'
import type { Session } from '../store/sessions.ts'
import type { Store } from '../store/store.ts'
import { tools } from '../tools/tools.ts'
import { newTrace, type Tracer } from '../trace/trace.ts'
import { webRulesOf } from '../web/hand.ts'
import { keepFile, takeAttachments } from './attachments.ts'
import { dayStart, openBudget } from './budget.ts'
import { syncChannels, type WantedChannel } from './channel-sync.ts'
import { type ChannelRunner, openChannels } from './channels.ts'
import { aboutCommands } from './commands/about-commands.ts'
import type { ChatCommand, ChatContext } from './commands/command.ts'
import { configCommands } from './commands/config-commands.ts'
import { memoryCommands } from './commands/memory-commands.ts'
import { peopleCommands } from './commands/people-commands.ts'
import { scheduleCommands } from './commands/schedule-commands.ts'
import { sessionCommands } from './commands/session-commands.ts'
import { subagentCommands } from './commands/subagent-commands.ts'
import { openCompactor } from './compaction.ts'
import { configHand } from './configuration/config-hand.ts'
import { type Configuration, openConfiguration } from './configuration/configuration.ts'
import { examine, refusalOf } from './configuration/probation.ts'
import { type ConsentOffice, openConsent } from './consent.ts'
import { systemTimezone } from './context-line.ts'
import { openControl } from './control.ts'
import { openConversation, type Task } from './conversation.ts'
import { openDraft } from './drafts.ts'
import { type Errand, subagentChannel, subagentSession } from './errand.ts'
import { openExpiry } from './expiry.ts'
import { openFaults } from './faults.ts'
import { fileHand } from './file-hand.ts'
import { openGatekeeper } from './gatekeeper.ts'
import { openJoins } from './joins.ts'
import { openLanes, type StopReason } from './lanes.ts'
import { openLive } from './live.ts'
import { openMenus } from './menus.ts'
import { messageHand } from './message-hand.ts'
import { openPeople } from './people.ts'
import { peopleHand } from './people-hand.ts'
import { isNotice, openPostOffice } from './post-office.ts'
import { openPrompts } from './prompts.ts'
import { openReceiver, type ReceiveOptions } from './receive.ts'
import { openRemember } from './remember.ts'
import { openRevisions } from './revisions.ts'
import { scheduleChannel } from './schedule/job.ts'
import { needsOf } from './schedule/needs.ts'
import { openSchedule, type Schedule } from './schedule/schedule.ts'
import { scheduleHand } from './schedule/schedule-hand.ts'
import { openSelf, type Records } from './self.ts'
import { statusOf } from './status.ts'
import { type SubagentHandOptions, subagentHand } from './subagent-hand.ts'
import { openSubagents } from './subagents.ts'
import { openTyping } from './typing.ts'

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
  status(): StatusReport
  /** Stops listening, lets turns reach a step boundary until `signal` aborts, empties the outbox, closes the channels. */
  close(signal: AbortSignal): Promise<void>
}

export function openGateway(options: GatewayOptions): Gateway {
  const { store, memory, log, tracer } = options
  const now = options.now ?? Date.now
  const startedAt = now()
  const modelOptions = { now, ...(options.idleMs === undefined ? {} : { idleMs: options.idleMs }) }
  const modelsOf = options.openModels ?? ((of: Config) => openModels(of, modelOptions))
  let config = options.config
  let models = modelsOf(config)
  let boxRules = boxRulesOf(config, config.settings.skills.paths)
  let webRules = webRulesOf(config, boxRules.egress)
  let servers = toolServersOf(config)
  const toolServers = openToolServers({
    servers: () => servers,
    boxes: options.boxes,
    logins: loginsFolder(config.paths.db),
    version: options.version,
    log,
    now,
  })

  const household = () => config.household
  const channels: ChannelRunner = openChannels({
    admit: batch => receiver.admit(batch),
    changed: channelChanged,
    log,
  })
  const channel = (name: string): Channel | undefined => channels.get(name)
  const gatekeeper = openGatekeeper(household, channel)
  const live = openLive()
  const typing = openTyping(channel)
  const revisions = openRevisions(store)
  const prompts = openPrompts(() => config)
  const sender: Sender = openSender({
    outbox: store.outbox,
    durable: store.durable,
    channel,
    reissue: gatekeeper.reissue,
    delivered(row) {
      if (row.outbound.attachments) return store.outbox.dropFiles(row.id)
      if (row.turn === null) return
      typing.stop(row.turn)
      schedule.delivered(row.turn)
    },
    undelivered(row, reason) {
      const { place, key, attachments } = row.outbound
      if (row.turn !== null && !attachments) {
        typing.stop(row.turn)
        schedule.undelivered(row.turn, reason)
      }
      // A notice that nobody got must not lead to another.
      if (isNotice(key)) return
      const whom = place.kind === 'direct' ? nameAt(place) : undefined
      office.tellOwners(
        `A ${attachments ? 'file' : 'reply'} on ${place.channel} to ${whom ?? place.title ?? place.id} could not be delivered: ${reason}`,
      )
    },
    log,
    tracer,
    now,
  })
  const nameAt = ({ channel, id }: Place): string | undefined =>
    household().people.get(household().byMatch.get(`${channel}:${id}`) ?? '')?.name
  const directSessions = () => config.settings.sessions.direct
  const office = openPostOffice({
    store,
    sender: () => sender,
    live,
    household,
    channel,
    directSessions,
    now,
  })
  const consent: ConsentOffice = openConsent({
    store,
    household,
    rules: () => config.settings.tools.approve.rules,
    office,
    wake,
    now,
  })
  const tell = (person: string, text: string) => {
    const known = household().people.get(person)
    if (known) office.tell(known, text)
  }
  const configuration = openConfiguration({
    config,
    problem: options.problem ?? null,
    generations: store.generations,
    durable: store.durable,
    async bring(next, before) {
      reload(next)
      options.reloaded?.(next)
      await syncChannels(channels, options.channelsOf, next, before, log)
    },
    refuse: (next, before) => joins.refusal(next.household) ?? refusalOf(next, before, modelsOf),
    examine: (next, before, signal) => examine(next, before, channel, signal),
    tell,
    ...(options.probationMs === undefined ? {} : { probationMs: options.probationMs }),
    ...(options.env ? { env: options.env } : {}),
    ...(options.adapt ? { adapt: options.adapt } : {}),
    log,
    tracer,
    now,
  })
  const joins = openJoins({
    store,
    memory: () => memory.room,
    workspace: () => config.paths.workspace,
    household,
    quietly: work => remember.quietly(work),
    joined: () => schedule.sync(),
    tell,
    log,
  })
  const people = openPeople({ pairings: store.pairings, configuration, joins })
  const schedule: Schedule = openSchedule({
    store,
    config: () => config,
    gatekeeper,
    channel,
    office,
    live,
    idle: place => sender.idle(place),
    send: rows => sender.take(rows),
    proceed: rows => receiver.proceed(rows),
    enqueue: work => lanes.push(work.session.id, { kind: 'message', ...work }),
    log,
    tracer,
    now,
  })
  const subagents = openSubagents({
    store,
    household,
    gatekeeper,
    channel,
    office,
    live,
    instructions: name => config.settings.subagents.profiles.find(each => each.name === name)?.instructions,
    idle: place => sender.idle(place),
    send: rows => sender.take(rows),
    proceed: rows => receiver.proceed(rows),
    enqueue: work => lanes.push(work.session.id, { kind: 'message', ...work }),
    wake,
    stop: (session, reason) => lanes.stop(session, reason),
    log,
    now,
  })
  const errands: ReadonlyMap<string, Errand> = new Map([
    [scheduleChannel, schedule],
    [subagentChannel, subagents.errand],
  ])
  const isAwaiting = (turn: string) => store.approvals.openOf(turn) || store.subagents.isAwaited(turn)
  const today = () => dayStart(now(), rooms().timezone)
  const budget = openBudget({ settings: () => config.settings.budget, spending: store.spending, today })
  const self = openSelf({ status, records: options.records ?? {}, workspace: () => config.paths.workspace })
  /** Whether this very call was approved: its approval is spent when it runs. */
  const approved = (callId: string) => {
    const colon = callId.indexOf(':')
    return store.approvals.ofCall(callId.slice(0, colon), callId.slice(colon + 1))?.state === 'used'
  }
  const jobHand = (clearance: Clearance, callId: string) =>
    scheduleHand(clearance, callId, { schedule, jobs: store.jobs, needs, now })
  /** Of a task that this clearance would set. */
  const needs = (clearance: Clearance): string => {
    const work = {
      id: '',
      kind: 'job',
      person: clearance.person,
      title: null,
      epoch: 0,
      windowFrom: 0,
    } as const
    const desk = openDesk(
      clearance,
      { ...work, createdAt: 0, updatedAt: 0 },
      { id: '', epoch: 0, trace: '' },
      rooms(),
    )
    return needsOf(desk.tools, clearance.acts, config.settings.tools.approve.rules)
  }
  const helpers: SubagentHandOptions = {
    store,
    subagents,
    settings: () => config.settings.subagents,
    models: () => models,
    now,
  }
  const lent: Rooms['lent'] = (clearance, session, callId, facts) => {
    const working = session.kind === 'job' || session.kind === 'subagent'
    const common = {
      configuration,
      memory,
      approved,
      leftBehind: joins.leftBehind,
      people,
      pairings: store.pairings,
      timezone: () => rooms().timezone,
    }
    return {
      files: fileHand(clearance, session, callId, { store, sender: () => sender, live, channel, now }),
      schedule: working ? null : jobHand(clearance, callId),
      subagents: subagentHand(clearance, session, callId, facts, helpers),
      config: working ? null : configHand(clearance, callId, common),
      people: working ? null : peopleHand(clearance, callId, common),
      self: self(clearance),
    }
  }
  let noticed: string | null = null
  /** A refused file is told once, in the next turn of somebody who can mend it. */
  const notices = (clearance: Clearance): string[] => {
    const reason = configuration.invalid()
    if (clearance.level !== 'full' || clearance.place.kind !== 'direct' || reason === noticed) return []
    noticed = reason
    return reason === null ? [] : [`[Coop: coop.toml is not valid, the last good one is in force: ${reason}]`]
  }

  const rooms = (): Rooms => ({
    store,
    memory,
    boxes: options.boxes,
    web: webRules,
    toolServers,
    nameOf: person => household().people.get(person)?.name ?? person,
    workspace: config.paths.workspace,
    timezone: config.settings.agent.timezone ?? systemTimezone(),
    skills: config.settings.skills,
    heardLimit: place =>
      place.kind === 'direct' ? directNotes : (groupOf(place, household())?.historyLimit ?? 0),
    messages: (clearance, callId) => messageHand(clearance, callId, { household, office }),
    reactions(place, turn) {
      const to = channel(place.channel)
      if (!to?.react) return undefined
      return {
        async react(emoji, signal) {
          const message = store.inbox.ofTurn(turn).at(-1)
          if (message) await to.react?.(place, message.inbound.externalId, emoji, signal)
        },
      }
    },
    lent,
    now,
  })

  const subagentOf = (session: string) =>
    session.startsWith(subagentSession(''))
      ? store.subagents.get(session.slice(subagentSession('').length))
      : undefined

  const modelFor = (person: Person | null, session?: string): string => {
    const given = session === undefined ? null : subagentOf(session)?.model
    if (given) return given
    const chosen = person && store.settings.get<string>(`person:${person.id}`, 'model')
    return chosen ?? person?.model ?? config.settings.agent.model
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
  const compactor = openCompactor({
    store,
    stream: () => models.stream,
    model: () => config.settings.models.fast ?? config.settings.agent.model,
    nameOf: author =>
      author === null ? null : (household().people.get(author)?.name ?? author.replace(/^~/, '')),
    log,
    now,
  })
  const remember = openRemember({
    store,
    memory,
    household,
    settings: () => config.settings,
    stream: () => models.stream,
    model() {
      const model = config.settings.models.fast ?? config.settings.agent.model
      return model.startsWith('offline/') ? null : model
    },
    spent: (model, usage) =>
      store.turns.record(
        'memory',
        { ...usage, person: null, level: 'full', job: 'memory', model, usd: models.cost(model, usage) },
        now(),
      ),
    busy: () => lanes.running().length > 0,
    log,
  })
  const expiry = openExpiry({
    store,
    memory,
    boxes: options.boxes,
    reissue: gatekeeper.reissue,
    ready: options.ready,
    log,
    now,
  })
  const converse = openConversation({
    store,
    config: () => config,
    models: () => models,
    rooms,
    gatekeeper,
    consent,
    sender,
    live,
    office,
    typing,
    attached: (inbound, clearance, signal) =>
      takeAttachments(
        inbound,
        clearance,
        {
          channel,
          async keep(...file) {
            const path = await keepFile(options.boxes)(...file)
            if (path !== null && inbound.expiresMs !== undefined) store.expiring.noteFile(inbound, path)
            return path
          },
          transcribe: transcriber(config),
        },
        signal,
      ),
    latest: revisions.latest,
    draft: facts =>
      openDraft(facts, {
        settings: store.settings,
        channel,
        reissue: clearance => gatekeeper.reissue(clearance.grant()),
        idle: place => sender.idle(place),
        log,
        now,
      }),
    errands,
    stepsOf: session => subagentOf(session)?.steps,
    isAwaiting,
    abandon: subagents.abandon,
    budget,
    notices,
    compactor,
    enqueue: (session, task) => lanes.push(session, task),
    ended: () => remember.nudge(),
    channel,
    prompt: prompts.promptFor,
    modelFor,
    again: rows => receiver.proceed(rows),
    log,
    tracer,
    now,
  })
  const commands: ReadonlyMap<string, ChatCommand> = new Map(
    [
      ...sessionCommands({
        store,
        stop: stopAll,
        running: session => lanes.running().includes(session),
        leavesBehind,
        compact: (session, clearance) =>
          lanes.push(session, { kind: 'compact', session, clearance, trace: newTrace() }),
        timezone: ({ person }) => person?.timezone ?? rooms().timezone,
        now,
      }),
      ...aboutCommands({
        store,
        models: () => models,
        modelFor: ({ person }) => modelFor(person),
        status,
        all: () => [...commands.values()],
        toolsOf: context =>
          openDesk(context.clearance, context.session, { id: '', epoch: 0, trace: '' }, rooms()).tools.map(
            tool => tool.name,
          ),
        now,
      }),
      ...peopleCommands({ store, consent, people, configuration, memory, channels: channels.all, now }),
      ...memoryCommands({ store, memory }),
      ...configCommands({ configuration, timezone: schedule.zoneOf }),
      ...subagentCommands({
        hand: ({ clearance, session }) =>
          subagentHand(clearance, session, `command:${newTrace()}`, noTurn, helpers),
      }),
      ...scheduleCommands({
        hand: ({ clearance }) => jobHand(clearance, `command:${newTrace()}`),
        runs: store.runs,
        spending: store.spending,
        timezone: schedule.zoneOf,
        today,
      }),
    ].map(command => [command.name, command]),
  )
  const runCommand: ReceiveOptions['runCommand'] = async (
    row,
    { speaker, clearance },
    session,
    { name, args },
  ) => {
    const person = speaker.kind === 'person' ? speaker.person : null
    const result = await commands.get(name)!.run({ clearance, speaker, person, session, row, args })
    if (result.kind === 'again') {
      const inbound = { ...row.inbound, text: result.text }
      const cleared = await gatekeeper.clear(inbound)
      return lanes.push(session.id, {
        kind: 'message',
        row: { ...row, inbound },
        cleared,
        session,
        clearedAt: now(),
      })
    }
    office.answer(
      row,
      result.secret ? seal(result.text, clearance) : sealPlain(result.text, clearance),
      clearance,
      session,
      'answered',
      undefined,
      result.choices,
    )
  }
  const receiver = openReceiver({
    store,
    gatekeeper,
    household,
    directSessions,
    commandLevels: new Map([...commands.values()].map(command => [command.name, command.level])),
    runCommand,
    errands,
    enqueue: (session, task) => lanes.push(session, task),
    office,
    consent,
    revisions,
    live,
    log,
    tracer,
    now,
  })
  const faults = openFaults({
    store,
    enqueue: (session, task) => lanes.push(session, task),
    proceed: rows => receiver.proceed(rows),
    gaveUp(row, reason) {
      errands.get(row.inbound.channel)?.gaveUp(row, reason)
      // Who sent a subagent off is told by its result.
      if (row.inbound.channel === subagentChannel) return
      office.tellOwners(`A message on ${row.inbound.channel} could not be answered; \`coop logs\` says why.`)
    },
    log,
    now,
  })
  const control = openControl({
    store,
    household,
    directSessions,
    live,
    consent,
    status,
    stop: session => stopAll(session, 'stopped'),
    shutdown: options.shutdown,
    command: runFromClient,
    commands: clearance =>
      [...commands.values()]
        .filter(command => atLeast(clearance.acts, command.level))
        .map(({ name, usage, summary }) => ({ name, usage, summary })),
    models: () => models,
    running: session => lanes.running().includes(session),
    modelFor,
    notice: person => {
      const model = modelFor(person)
      return models.resolve(model).startsWith('offline/')
        ? 'No model key is set: the built-in offline model answers. Set ANTHROPIC_API_KEY for a real one.'
        : undefined
    },
    now,
  })

  async function runFromClient(
    person: Person,
    clearance: Clearance,
    session: Session,
    text: string,
  ): Promise<Results['command/run'] | null> {
    const found = /^\/?([a-z]+)(?:\s+([\s\S]*))?$/i.exec(text.trim())
    const command = found && commands.get(found[1]!.toLowerCase())
    if (!found || !command || !atLeast(clearance.acts, command.level)) return null
    const context: ChatContext = {
      clearance,
      speaker: { kind: 'person', person },
      person,
      session,
      row: null,
      args: found[2]?.trim() ?? '',
    }
    const result = await command.run(context)
    if (result.kind === 'again') return { text: `Send it again, please: ${result.text}` }
    return { text: result.text, ...(result.fault ? { fault: result.fault } : {}) }
  }

  function wake(turn: string): void {
    const known = store.turns.get(turn)
    if (known?.state === 'waiting')
      lanes.push(known.session, { kind: 'resume', turn, session: known.session })
  }

  /** What runs in a session, and what a turn of it waits for from those it sent off. */
  function stopAll(session: string, reason: StopReason): boolean {
    const sent = store.subagents.openOfParent(session).filter(each => !each.background)
    for (const turn of new Set(sent.map(each => each.turn))) wake(turn)
    const stopped = lanes.stop(session, reason)
    for (const each of sent) subagents.stop(each.id, 'it was stopped')
    return stopped || sent.length > 0
  }
  const menus = openMenus({
    settings: store.settings,
    household,
    commands: () => commands.values(),
    log,
    now,
  })

  function channelChanged(changed: Channel): void {
    const state = changed.state()
    log.info(
      { channel: changed.name, state: state.kind, ...('error' in state ? { error: state.error } : {}) },
      'channel',
    )
    if (state.kind === 'connected') {
      sender.wake()
      void menus.offer(changed)
    }
    if (state.kind === 'failed') office.tellOwners(`The channel ${changed.name} stopped: ${state.error}`)
  }

  function status(): StatusReport {
    const model = modelFor(null)
    return statusOf({
      version: options.version,
      home: config.home,
      startedAt,
      model,
      channels,
      running: lanes.running().length,
      problems: [
        ...(configuration.invalid() === null ? [] : [`coop.toml is not valid: ${configuration.invalid()}`]),
        ...configuration.waiting().map(key => `${key} waits for a restart`),
        ...(models.hasKey(model) ? [] : [`there is no key for ${model}`]),
        ...[workspaceFault(config.paths.workspace) ?? []].flat(),
      ],
      store,
    })
  }

  function reload(next: Config): void {
    config = next
    models = modelsOf(config)
    boxRules = boxRulesOf(config, config.settings.skills.paths)
    webRules = webRulesOf(config, boxRules.egress)
    servers = toolServersOf(config)
    toolServers.sweep()
    prompts.forget()
    for (const each of channels.all()) if (each.state().kind === 'connected') void menus.offer(each)
    schedule.sync()
    for (const turn of store.turns.open()) {
      const clearance = reissueAmongSame(turn.grant, household())
      if (!clearance.covers(turn.grant.reads) || clearance.acts !== turn.grant.acts)
        stopRevoked(turn.session, turn.id, turn.state)
    }
  }

  function stopRevoked(session: string, turn: string, state: string): void {
    if (state === 'waiting') lanes.push(session, { kind: 'resume', turn, session })
    else lanes.stop(session, 'revoked' satisfies StopReason)
  }

  return {
    control,
    channels,
    boxRules: () => boxRules,
    household,
    configuration,
    schedule,
    reload,
    status,
    recover() {
      const unreadable = workspaceFault(config.paths.workspace)
      if (unreadable) log.warn(unreadable)
      consent.expire()
      // What ran had its lane: a turn that was woken behind it must not find its messages unanswered.
      const turns = store.turns.open()
      const woken = turns.filter(turn => turn.state === 'waiting' && !isAwaiting(turn.id))
      for (const turn of [...turns.filter(open => open.state === 'running'), ...woken]) {
        lanes.push(turn.session, { kind: 'resume', turn: turn.id, session: turn.session })
      }
      const inFlight = sender.resume()
      if (inFlight > 0)
        log.warn({ parts: inFlight }, 'parts were in flight when the gateway ended; they are sent again')
      remember.nudge()
      const warm = () => void models.warm(modelFor(null))
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

/** A command lists and stops, and sends nothing off. */
const noTurn: TurnFacts = { turn: { id: '', epoch: 0, trace: '' }, seen: () => 'outside', tools: () => [] }
/** What is heard in a direct chat is reactions alone. */
const directNotes = 20
/** The model’s SDK loads once the channels have begun, and before the first message needs it. */
const warmAfterMs = 400

/** Whether a tool's call leaves something that /undo can't take back. */
function leavesBehind(name: string, input: unknown): boolean {
  const tool = tools.find(candidate => candidate.name === name)
  const parsed = tool?.input.safeParse(input)
  return tool !== undefined && parsed?.success === true && tool.traits(parsed.data).effect !== 'read'
}
