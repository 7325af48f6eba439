// A real gateway on a temporary home, between fake channels and a model that records what it is asked.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelEvent, ModelRequest, StreamModel } from '../../src/agent/model.ts'
import { noUsage } from '../../src/agent/model.ts'
import { factsOf } from '../../src/agent/models/catalogue.ts'
import type { Models } from '../../src/agent/models/models.ts'
import { openBoxes } from '../../src/box/room.ts'
import { boxRulesOf } from '../../src/box/rules.ts'
import type { Channel, Inbound, Membership, Outbound, Place, SendResult } from '../../src/channel.ts'
import { type Config, configFrom } from '../../src/config/load.ts'
import { type Gateway, openGateway } from '../../src/gateway/gateway.ts'
import { silentLog } from '../../src/log.ts'
import { memoryOptionsOf } from '../../src/memory/configure.ts'
import { openMemory } from '../../src/memory/memory.ts'
import { migrationsFolder, packageFolder } from '../../src/package.ts'
import type { Block } from '../../src/store/entry.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { openTracer } from '../../src/trace/trace.ts'

export interface FakeChannel extends Channel {
  /** Brings messages in, as one batch. */
  push(...messages: Inbound[]): void
  readonly sent: Outbound[]
  /** What the platform says of a group; unknown unless set. */
  readonly membership: Map<string, Membership>
  /** What the platform does with a send. */
  answer: (outbound: Outbound) => SendResult | Promise<SendResult>
}

export function fakeChannel(
  name: string,
  options: { limit?: number; local?: boolean; steps?: boolean } = {},
): FakeChannel {
  let waiting: Inbound[] = []
  let wake = () => {}
  const sent: Outbound[] = []
  const membership = new Map<string, Membership>()
  return {
    name,
    capabilities: {
      maxTextLength: options.limit ?? 4_096,
      exactlyOnce: true,
      groups: true,
      local: options.local ?? false,
      steps: options.steps ?? false,
    },
    sent,
    membership,
    answer: () => ({ kind: 'sent' }),
    push(...messages) {
      waiting.push(...messages)
      wake()
    },
    async *listen(signal) {
      signal.addEventListener('abort', () => wake())
      while (!signal.aborted) {
        if (waiting.length === 0) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
          continue
        }
        const batch = waiting
        waiting = []
        yield batch
      }
    },
    async send(outbound) {
      const result = await this.answer(outbound)
      if (result.kind === 'sent') sent.push(outbound)
      return result
    },
    members: async place => membership.get(place.id) ?? { kind: 'unknown', reason: 'not told' },
    state: () => ({ kind: 'connected' }),
    async [Symbol.asyncDispose]() {},
  }
}

export interface FakeModel {
  readonly requests: ModelRequest[]
  readonly stream: StreamModel
  /** What the model says; a string is a reply. */
  say: (
    request: ModelRequest,
    signal: AbortSignal,
  ) => string | readonly Block[] | Promise<string | readonly Block[]>
}

/** A model that keeps each request, tells of it at the moment it is made, and answers what `say` makes of it. */
export function fakeModel(
  say: FakeModel['say'] = () => 'Yes.',
  asked: (request: ModelRequest) => void = () => {},
): FakeModel {
  const model: FakeModel = {
    requests: [],
    say,
    stream: async function* (request, signal): AsyncGenerator<ModelEvent> {
      model.requests.push(request)
      asked(request)
      // A real one has its answer from a network: never in the same tick.
      await new Promise(setImmediate)
      const said = await model.say(request, signal)
      if (signal.aborted) return yield { type: 'failed', kind: 'aborted', message: 'stopped' }
      const blocks: readonly Block[] = typeof said === 'string' ? [{ type: 'text', text: said }] : said
      for (const block of blocks) if (block.type === 'text') yield { type: 'text', delta: block.text }
      const calls = blocks.some(block => block.type === 'tool_call')
      yield { type: 'done', blocks, stop: calls ? 'tool_calls' : 'end', usage: noUsage }
    },
  }
  return model
}

/** What a configuration would open, over one fake. */
export const modelsOf = (model: FakeModel): Models => ({
  stream: model.stream,
  resolve: name => name,
  hasKey: () => true,
  cost: () => 0,
  contextOf: () => 200_000,
  factsOf,
  probe: async () => ({ failure: null, usage: noUsage }),
  warm: async () => {},
  known: ['fake/one'],
})

export interface HouseOptions {
  /** The text of coop.toml, `[agent]` left out. */
  readonly toml: string
  readonly channels: readonly FakeChannel[]
  readonly model: FakeModel
  /** Files of the workspace, by path. */
  readonly files?: Readonly<Record<string, string>>
  readonly now?: () => number
  /** Puts something into the home before anything opens it. */
  readonly seed?: (home: string) => void
  readonly env?: Readonly<Record<string, string>>
  /** Stands between the gateway and its store, which lies at `path`. */
  readonly watch?: (store: Store, path: string) => Store
  /** Instead of `model`: the models that a configuration asks for. */
  readonly models?: (config: Config) => Models
}

export interface House extends AsyncDisposable {
  readonly home: string
  readonly gateway: Gateway
  readonly store: Store
  readonly model: FakeModel
  /** Brings another coop.toml into force. */
  reload(toml: string): void
  /** Ends the gateway in the middle of whatever it does, and starts another on the same home, perhaps with another coop.toml. */
  restart(toml?: string): Promise<void>
  /** Resolves when nothing is left to do but what waits for a person or the clock. */
  settled(): Promise<void>
}

const agent = '[agent]\nid = "coop"\nmodel = "fake/one"\n'

export function openHouse(options: HouseOptions): House {
  const home = mkdtempSync(join(tmpdir(), 'coop-'))
  for (const [path, text] of Object.entries(options.files ?? {})) {
    const full = join(home, 'workspaces', 'default', path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
  }
  options.seed?.(home)
  let revision = 1
  let toml = options.toml
  const path = join(home, 'coop.toml')
  const config = () => configFrom(agent + toml, path, revision, options.env ?? {})
  writeFileSync(path, agent + toml)
  const database = join(home, 'db', 'coop.db')
  const opened = () => {
    const store = openStore(database, migrationsFolder('coop'))
    return options.watch?.(store, database) ?? store
  }
  let store = opened()
  let memory = memoryOf(config())
  let gateway = start()

  function start(): Gateway {
    const begun = openGateway({
      config: config(),
      store,
      memory,
      boxes: openBoxes({
        workspace: config().paths.workspace,
        home,
        runtime: 'auto',
        rules: () => boxRulesOf(config()),
        origins: store.fileOrigins,
        log: silentLog(),
      }),
      log: silentLog(),
      tracer: openTracer(undefined, text => text, false),
      version: '9.9.9',
      shutdown: () => {},
      openModels: options.models ?? (() => modelsOf(options.model)),
      ...(options.now ? { now: options.now } : {}),
    })
    for (const channel of options.channels) begun.channels.start(channel)
    begun.recover()
    return begun
  }

  const busy = (): boolean =>
    gateway.status().turns.running > 0 ||
    store.inbox
      .unfinished()
      .some(row => row.turn === null || store.turns.get(row.turn)?.state === 'running') ||
    store.outbox.open().some(row => row.nextAt === 0)

  return {
    home,
    get gateway() {
      return gateway
    },
    get store() {
      return store
    },
    model: options.model,
    reload(next) {
      toml = next
      revision++
      gateway.reload(config())
    },
    async restart(next = toml) {
      toml = next
      await gateway.close(AbortSignal.abort())
      memory[Symbol.dispose]()
      store[Symbol.dispose]()
      memory = memoryOf(config())
      store = opened()
      gateway = start()
    },
    async settled() {
      const end = Date.now() + 20_000
      for (let calm = 0; calm < 3; ) {
        if (Date.now() > end) throw new Error('the gateway did not come to rest')
        await sleep(1)
        calm = busy() ? 0 : calm + 1
      }
    },
    async [Symbol.asyncDispose]() {
      await gateway.close(AbortSignal.abort())
      memory[Symbol.dispose]()
      store[Symbol.dispose]()
      rmSync(home, { recursive: true, force: true })
    },
  }
}

const memoryOf = (config: Config) =>
  openMemory(memoryOptionsOf(config, { migrations: join(packageFolder(), 'migrations') }))

let counted = 0

/** A message with an id of its own; direct, unless a group is named. */
export function messageFrom(
  channel: string,
  sender: string,
  text: string,
  more: { group?: string; title?: string; addressed?: boolean; name?: string; unverified?: true } = {},
): Inbound {
  const place: Place =
    more.group === undefined
      ? { channel, kind: 'direct', id: sender }
      : { channel, kind: 'group', id: more.group, ...(more.title ? { title: more.title } : {}) }
  return {
    channel,
    externalId: `e${++counted}`,
    place,
    sender: {
      channel,
      id: sender,
      name: more.name ?? sender,
      ...(more.unverified ? { unverified: true as const } : {}),
    },
    text,
    at: Date.now(),
    ...(more.group === undefined ? {} : { addressed: more.addressed ?? true }),
  }
}

/** Everything in a request that the model reads. */
export const textOf = (request: ModelRequest): string =>
  JSON.stringify([request.system, request.messages, request.tools])
