// Opens the rooms of a home in order and closes them in reverse.
import { join } from 'node:path'
import { openFolderLevels } from './box/folder-levels.ts'
import { openBoxes } from './box/room.ts'
import type { ChannelDeps } from './channel.ts'
import type { Surroundings } from './config/environment.ts'
import type { Config } from './config/load.ts'
import { lockPath, logPath, socketPath } from './config/places.ts'
import { CoopError, messageOf } from './errors.ts'
import type { WantedChannel } from './gateway/doors/channel-sync.ts'
import { type Gateway, openGateway } from './gateway/gateway.ts'
import { type Log, openLog } from './log.ts'
import { memoryOptionsOf } from './memory/configure.ts'
import { openMemory } from './memory/memory.ts'
import { migrationsFolder, packageFolder } from './package.ts'
import { takeLock } from './store/lock.ts'
import { openStore } from './store/store.ts'
import { redactor } from './trace/redact.ts'
import { openRollingFile } from './trace/rolling-file.ts'
import { openTracer } from './trace/trace.ts'

export interface CoopOptions {
  readonly config: Config
  readonly surroundings: Surroundings
  readonly version: string
  /** Whether the configured channels run, or the terminal alone. */
  readonly channels: boolean
  /** Why the file on disk is not what `config` holds. */
  readonly problem?: string | null
  /** Fits each configuration that comes into force to this process. */
  readonly adapt?: (config: Config) => Config
  /** Receives the readable log; absent when nobody watches. */
  readonly console?: { write(text: string): unknown }
}

export interface Coop extends AsyncDisposable {
  readonly gateway: Gateway
  readonly log: Log
  /** Resolves when a client asked for the end. */
  readonly stopped: Promise<void>
}

const shutdownMs = 20_000
const logBytes = 10_000_000

/** Opens a home. Throws `gateway_running` when another gateway has it. */
export async function openCoop(options: CoopOptions): Promise<Coop> {
  const { config, surroundings } = options
  await using stack = new AsyncDisposableStack()
  stack.use(takeLock(lockPath(config)))

  let redact = redactor(config.secrets)
  const redactNow = (text: string) => redact(text)
  const logFile = stack.adopt(
    openRollingFile({ path: logPath(config), maxBytes: logBytes, keepDays: config.settings.trace.keep_days }),
    file => file.flush(),
  )
  const log = openLog({
    level: surroundings.logLevel,
    redact: redactNow,
    file: logFile,
    ...(options.console ? { console: options.console } : {}),
  })
  const { trace } = config.settings
  const tracePath =
    surroundings.traceFile ?? (trace.enabled ? join(config.paths.traces, 'trace.jsonl') : undefined)
  const traceFile =
    tracePath && openRollingFile({ path: tracePath, maxBytes: trace.max_mb * 1e6, keepDays: trace.keep_days })
  const tracer = stack.adopt(openTracer(traceFile || undefined, redactNow, trace.content), open =>
    open.flush(),
  )

  const store = stack.use(openStore(join(config.paths.db, 'coop.db'), migrationsFolder('coop')))
  /** What memory mended before anybody could be told. */
  const untold: string[] = []
  let tellOwners = (text: string): void => void untold.push(text)
  const memory = stack.use(
    openMemory(
      memoryOptionsOf(config, {
        migrations: join(packageFolder(), 'migrations'),
        log,
        onNotice: notice => tellOwners(notice),
      }),
    ),
  )
  const { home, paths, settings } = config
  const boxes = stack.use(
    openBoxes({
      workspace: paths.workspace,
      home,
      runtime: settings.box.runtime,
      rules: () => gateway.boxRules(),
      origins: store.fileOrigins,
      folderLevels: openFolderLevels(store.settings),
      log,
    }),
  )
  const probing = new AbortController()
  stack.defer(() => probing.abort())
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>()
  const { configuredChannels, terminalChannel, unableChannel } = await import('../channels/index.ts')
  const depsOf = (of: Config, name: string): ChannelDeps => ({
    log,
    home: of.home,
    secret: of.secret,
    knows: identity => gateway.household().byMatch.has(identity),
    people: () =>
      [...gateway.household().byMatch.keys()]
        .filter(match => match.startsWith(`${name}:`))
        .map(match => match.slice(name.length + 1)),
    listed: group => gateway.household().groups.has(group),
    cursors: {
      all: () => store.settings.get('gateway', `cursors:${name}`) ?? {},
      save: cursors => store.settings.set('gateway', `cursors:${name}`, cursors, Date.now()),
    },
  })
  const channelsOf = (of: Config): WantedChannel[] =>
    configuredChannels(options.channels ? of.settings.channels : {}).map(({ name, create }) => ({
      name,
      async create() {
        try {
          return await create(depsOf(of, name))
        } catch (error) {
          const fault = error instanceof CoopError ? {} : { err: error }
          log.error({ channel: name, ...fault }, `the channel ${name} does not start: ${messageOf(error)}`)
          return unableChannel(name, messageOf(error))
        }
      },
    }))
  const gateway = openGateway({
    config,
    problem: options.problem ?? null,
    channelsOf,
    reloaded(next) {
      redact = redactor(next.secrets)
    },
    ...(options.adapt ? { adapt: options.adapt } : {}),
    records: {
      log: logPath(config),
      ...(tracePath === undefined ? {} : { trace: tracePath }),
      docs: join(packageFolder(), 'docs'),
      flush() {
        tracer.flush()
        logFile.flush()
      },
    },
    store,
    memory,
    boxes,
    ready: boxes.proof(probing.signal),
    log,
    tracer,
    version: options.version,
    shutdown: stop,
  })
  stack.adopt(gateway, open => open.close(AbortSignal.timeout(shutdownMs)))

  // In one go: what arrives already counts as new, and must not be taken up a second time as left over.
  const made = await Promise.all(channelsOf(config).map(({ create }) => create()))
  made.push(await terminalChannel(socketPath(config), gateway.control, depsOf(config, 'terminal')))
  for (const channel of made) gateway.channels.start(channel)
  gateway.recover()
  tellOwners = gateway.tellOwners
  for (const text of untold) tellOwners(text)
  const { watchConfig } = await import('./config/watch.ts')
  const watching = stack.use(watchConfig(config.path, () => void gateway.configuration.read()))
  void watching.ready.then(() => gateway.configuration.read())
  const kept = stack.move()
  return { gateway, log, stopped, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
