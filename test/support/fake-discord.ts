// Discord on loopback: its REST API with rate-limit headers, and its gateway with zlib, heartbeats and resume.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { constants, createDeflate } from 'node:zlib'
import { type WebSocket, WebSocketServer } from 'ws'
import { bodyOf, openLoopback, sendJson } from './loopback.ts'

type Json = Record<string, unknown>

export interface DiscordUser {
  readonly id: string
  readonly name: string
}

export interface DiscordSent {
  readonly id: string
  readonly channel: string
  /** The text as it stands now, edits applied. */
  text: string
  readonly body: Json
  /** Files of a form, by name. */
  files: ReadonlyMap<string, Uint8Array>
}

export interface DiscordGuild {
  readonly id: string
  readonly owner: string
  readonly features?: readonly string[]
  readonly roles?: readonly { id: string; permissions: bigint; tags?: { bot_id: string } }[]
  readonly channels: readonly { id: string; name: string; overwrites?: readonly Json[] }[]
  readonly threads?: readonly { id: string; name: string; parent: string }[]
  readonly members: readonly { user: DiscordUser; roles?: readonly string[] }[]
}

export type DiscordFault =
  | {
      readonly status: number
      readonly code?: number
      readonly message?: string
      readonly retryAfter?: number
    }
  | 'drop'
  | 'drop after'
  /** No answer ever. */
  | 'hang'
  /** The answer comes so much later. */
  | { readonly lateMs: number }

/** What happens to a RESUME instead of its answer. */
export type ResumeFault = 'tear' | 'send away' | 'garbage' | 'silence'

export interface FakeDiscord extends AsyncDisposable {
  /** For `api_root`. */
  readonly url: string
  readonly gatewayUrl: string
  readonly token: string
  readonly self: DiscordUser
  /** Somebody writes; in a direct chat unless `channel` is given. Returns the message. */
  write(
    from: DiscordUser,
    text: string,
    where?: { channel?: string; guild?: string; extra?: Json },
  ): Json & { id: string }
  /** A raw event. */
  dispatch(type: string, data: Json): void
  direct(user: string): string
  sent(channel?: string): readonly DiscordSent[]
  readonly calls: readonly { readonly method: string; readonly path: string; readonly body: Json }[]
  /** The next `times` requests whose method and path fit go wrong like this. */
  fail(route: RegExp, fault: DiscordFault, times?: number): void
  addGuild(guild: DiscordGuild): void
  /** A thread that is there from now on; nobody is told. */
  addThread(guild: string, thread: { id: string; name: string; parent: string }): void
  /** Asks every connection to come back (op 7). */
  reconnect(): void
  /** What happens to the next RESUMEs. */
  readonly resumeFaults: ResumeFault[]
  /** Everything that this platform says arrives so much later. */
  latencyMs: number
  /** How far this platform's clock is ahead of ours. */
  clockAheadMs: number
  /** Closes every gateway connection; 1006 tears it down. */
  hangUp(code: number): void
  /** Forgets all sessions, so that none can be resumed. */
  forgetSessions(): void
  /** Whether heartbeats are answered and events arrive; if not, the connection is open and dead. */
  alive: boolean
  /** Whether connections are accepted at all. */
  reachable: boolean
  /** How many sessions may still be begun today. */
  sessionsLeft: number
  /** Close code for the next IDENTIFY. */
  refuse: number | null
  heartbeatMs: number
  readonly identified: number
  readonly resumed: number
}

interface Session {
  readonly id: string
  seq: number
  readonly log: { s: number; frame: string }[]
  socket: ((frame: string) => void) | null
}

const everyone = '1024'

export async function openFakeDiscord(token = 'discord.loopback.token'): Promise<FakeDiscord> {
  const self: DiscordUser = { id: '900', name: 'Coop' }
  const application = '901'
  const sent: DiscordSent[] = []
  const calls: { method: string; path: string; body: Json }[] = []
  const faults: { route: RegExp; fault: DiscordFault }[] = []
  const history = new Map<string, Json[]>()
  const directs = new Map<string, string>()
  const guilds = new Map<string, DiscordGuild>()
  const nonces = new Map<string, Json>()
  const sessions = new Map<string, Session>()
  const sockets = new Set<WebSocket>()
  let commands: unknown[] = []
  let counter = 0n
  let identified = 0
  let resumed = 0

  const snowflake = (): string =>
    String(((BigInt(Date.now()) - 1_420_070_400_000n) << 22n) + (counter++ & 0x3fffffn))
  const userOf = ({ id, name }: DiscordUser, bot = false): Json => ({
    id,
    username: name.toLowerCase(),
    global_name: name,
    discriminator: '0',
    avatar: null,
    ...(bot ? { bot: true } : {}),
  })

  function direct(user: string): string {
    const known = directs.get(user)
    if (known) return known
    const id = String(7_000_000 + directs.size)
    directs.set(user, id)
    return id
  }

  function dispatch(t: string, d: Json): void {
    for (const session of sessions.values()) {
      const frame = JSON.stringify({ op: 0, t, s: ++session.seq, d })
      session.log.push({ s: session.seq, frame })
      if (fake.alive) session.socket?.(frame)
    }
  }

  const messageOf = (
    author: Json,
    channel: string,
    content: string,
    extra: Json = {},
  ): Json & { id: string } => {
    const id = snowflake()
    return {
      id,
      type: 0,
      channel_id: channel,
      author,
      content,
      timestamp: new Date().toISOString(),
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: [],
      mention_roles: [],
      attachments: [],
      embeds: [],
      pinned: false,
      ...extra,
    }
  }

  const remember = (message: Json): void => {
    const channel = String(message.channel_id)
    history.set(channel, [...(history.get(channel) ?? []), message])
  }

  const gateway = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await new Promise<void>(resolve => gateway.once('listening', resolve))
  const gatewayUrl = `ws://127.0.0.1:${(gateway.address() as AddressInfo).port}`
  gateway.on('connection', (socket, request) => {
    if (!fake.reachable) return socket.terminate()
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    const deflated = new URL(request.url ?? '/', gatewayUrl).searchParams.get('compress') === 'zlib-stream'
    const now = deflated ? zlibWriter(socket) : (frame: string) => socket.send(frame)
    const write = (frame: string) =>
      fake.latencyMs > 0 ? void setTimeout(() => now(frame), fake.latencyMs) : now(frame)
    write(JSON.stringify({ op: 10, d: { heartbeat_interval: fake.heartbeatMs } }))
    socket.on('message', data => {
      const { op, d } = JSON.parse(String(data)) as { op: number; d: Json }
      if (op === 1 && fake.alive) write(JSON.stringify({ op: 11 }))
      if (op === 2) identify(socket, write, d)
      if (op === 6) resume(socket, write, d)
    })
  })

  function identify(socket: WebSocket, write: (frame: string) => void, d: Json): void {
    identified++
    if (d.token !== token) return socket.close(4004)
    if (fake.refuse !== null) return socket.close(fake.refuse)
    const session: Session = { id: randomUUID(), seq: 0, log: [], socket: write }
    sessions.clear()
    sessions.set(session.id, session)
    socket.on('close', () => {
      if (session.socket === write) session.socket = null
    })
    dispatch('READY', {
      v: 10,
      user: userOf(self, true),
      guilds: [...guilds.keys()].map(id => ({ id, unavailable: true })),
      session_id: session.id,
      resume_gateway_url: gatewayUrl,
      application: { id: application, flags: 0 },
    })
    for (const guild of guilds.values()) dispatch('GUILD_CREATE', guildData(guild))
  }

  function resume(socket: WebSocket, write: (frame: string) => void, d: Json): void {
    const session = sessions.get(String(d.session_id))
    if (!session) return write(JSON.stringify({ op: 9, d: false }))
    const fault = fake.resumeFaults.shift()
    if (fault === 'silence') return
    if (fault === 'tear') return socket.terminate()
    if (fault === 'send away') return write(JSON.stringify({ op: 7, d: null }))
    if (fault === 'garbage') return socket.send('{')
    resumed++
    session.socket = write
    socket.on('close', () => {
      if (session.socket === write) session.socket = null
    })
    for (const { s, frame } of session.log) if (s > Number(d.seq)) write(frame)
    write(JSON.stringify({ op: 0, t: 'RESUMED', s: session.seq, d: {} }))
  }

  const guildData = (guild: DiscordGuild): Json => ({
    id: guild.id,
    name: 'Household',
    owner_id: guild.owner,
    features: guild.features ?? [],
    roles: [
      { id: guild.id, permissions: everyone },
      ...(guild.roles ?? []).map(role => ({ ...role, permissions: String(role.permissions) })),
    ],
    channels: guild.channels.map(channel => channelData(channel.id)!),
    threads: (guild.threads ?? []).map(thread => channelData(thread.id)!),
    members: [],
    member_count: guild.members.length,
  })

  function channelData(id: string): Json | undefined {
    for (const guild of guilds.values()) {
      const channel = guild.channels.find(each => each.id === id)
      if (channel)
        return {
          id,
          type: 0,
          name: channel.name,
          guild_id: guild.id,
          last_message_id: history.get(id)?.at(-1)?.id ?? null,
          permission_overwrites: channel.overwrites ?? [],
        }
      const thread = guild.threads?.find(each => each.id === id)
      if (thread) {
        const last_message_id = history.get(id)?.at(-1)?.id ?? null
        return {
          id,
          type: 11,
          name: thread.name,
          guild_id: guild.id,
          parent_id: thread.parent,
          last_message_id,
        }
      }
    }
    return undefined
  }

  class Refusal extends Error {
    readonly status: number
    readonly code: number
    constructor(status: number, code: number, message: string) {
      super(message)
      this.status = status
      this.code = code
    }
  }

  function answer(
    method: string,
    path: string,
    query: URLSearchParams,
    body: Json,
    files: Map<string, Uint8Array>,
  ): unknown {
    const route = `${method} ${path}`
    if (route === 'GET /gateway/bot')
      return {
        url: gatewayUrl,
        shards: 1,
        session_start_limit: {
          total: 1000,
          remaining: fake.sessionsLeft,
          reset_after: 1000,
          max_concurrency: 1,
        },
      }
    if (route === 'POST /users/@me/channels') {
      const user = String(body.recipient_id)
      return { id: direct(user), type: 1, recipients: [{ id: user }] }
    }
    const messages = /^\/channels\/(\d+)\/messages$/.exec(path)
    if (messages && method === 'GET') return page(messages[1]!, query)
    if (messages && method === 'POST') return create(messages[1]!, body, files)
    const one = /^\/channels\/(\d+)\/messages\/(\d+)$/.exec(path)
    if (one) {
      const found = sent.find(each => each.id === one[2] && each.channel === one[1])
      if (!found) throw new Refusal(404, 10_008, 'Unknown Message')
      if (method === 'DELETE') return void sent.splice(sent.indexOf(found), 1)
      found.text = String(body.content)
      // What the body names is what stands under the message from now on.
      if (body.attachments) found.files = files
      return { id: found.id, channel_id: found.channel, content: found.text }
    }
    const members = /^\/guilds\/(\d+)\/members$/.exec(path)
    if (members) {
      const after = BigInt(query.get('after') ?? '0')
      const all = guilds.get(members[1]!)?.members ?? []
      return all
        .filter(({ user }) => BigInt(user.id) > after)
        .slice(0, Number(query.get('limit') ?? 1))
        .map(({ user, roles }) => ({ user: userOf(user), roles: roles ?? [] }))
    }
    if (path === `/applications/${application}/commands`) {
      if (method === 'PUT') commands = body as unknown as unknown[]
      return commands
    }
    const channel = /^\/channels\/(\d+)$/.exec(path)
    if (channel) {
      const found = channelData(channel[1]!)
      if (!found) throw new Refusal(404, 10_003, 'Unknown Channel')
      return found
    }
    if (/^\/channels\/\d+\/typing$|^\/interactions\/|\/reactions\//.test(path)) return undefined
    throw new Refusal(404, 0, `404: Not Found ${route}`)
  }

  function page(channel: string, query: URLSearchParams): Json[] {
    const after = BigInt(query.get('after') ?? '0')
    const all = (history.get(channel) ?? []).filter(message => BigInt(String(message.id)) > after)
    return all.slice(0, Number(query.get('limit') ?? 50)).toReversed()
  }

  function create(channel: string, body: Json, files: Map<string, Uint8Array>): Json {
    const content = String(body.content ?? '')
    if (content.length > 2000) throw new Refusal(400, 50_035, 'Invalid Form Body')
    if (content === '' && files.size === 0) throw new Refusal(400, 50_006, 'Cannot send an empty message')
    const nonce = `${channel}:${body.nonce}`
    const before = body.enforce_nonce ? nonces.get(nonce) : undefined
    if (before) return before
    const message = messageOf(userOf(self, true), channel, content, { nonce: body.nonce })
    nonces.set(nonce, message)
    remember(message)
    sent.push({ id: message.id, channel, text: content, body, files })
    return message
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (fake.clockAheadMs !== 0)
      response.setHeader('date', new Date(Date.now() + fake.clockAheadMs).toUTCString())
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://loopback')
    const path = decodeURIComponent(pathname.replace(/^\/api\/v10/, ''))
    const method = request.method ?? 'GET'
    const { body, files } = await parse(request)
    calls.push({ method, path, body })
    const at = faults.findIndex(({ route }) => route.test(`${method} ${path}`))
    const fault = at === -1 ? undefined : faults.splice(at, 1)[0]!.fault
    if (fault === 'hang') return
    if (fault === 'drop') return void response.destroy()
    if (fake.latencyMs > 0) await sleep(fake.latencyMs)
    if (typeof fault === 'object' && 'lateMs' in fault) await sleep(fault.lateMs)
    else if (typeof fault === 'object') {
      const { status, code = 0, message = 'no', retryAfter } = fault
      const limited = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
      return sendJson(
        response,
        status,
        { code, message, retry_after: retryAfter, global: false },
        { ...limits(path), ...limited },
      )
    }
    if (!path.startsWith('/interactions/') && request.headers.authorization !== `Bot ${token}`)
      return sendJson(response, 401, { code: 0, message: '401: Unauthorized' })
    try {
      const result = answer(method, path, searchParams, body, files)
      if (fault === 'drop after') response.destroy()
      else if (result === undefined) response.writeHead(204, limits(path)).end()
      else sendJson(response, 200, result, limits(path))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      sendJson(response, error.status, { code: error.code, message: error.message }, limits(path))
    }
  }

  const server = await openLoopback(serve)
  const fake: FakeDiscord = {
    url: `${server.url}/api`,
    gatewayUrl,
    token,
    self,
    write(from, text, where = {}) {
      const channel = where.channel ?? direct(from.id)
      const message = messageOf(userOf(from), channel, text, where.extra)
      remember(message)
      dispatch('MESSAGE_CREATE', { ...message, ...(where.guild ? { guild_id: where.guild } : {}) })
      return message
    },
    dispatch,
    direct,
    sent: channel => (channel === undefined ? sent : sent.filter(one => one.channel === channel)),
    calls,
    fail(route, fault, times = 1) {
      for (let n = 0; n < times; n++) faults.push({ route, fault })
    },
    addGuild: guild => void guilds.set(guild.id, guild),
    addThread(id, thread) {
      const guild = guilds.get(id)!
      guilds.set(id, { ...guild, threads: [...(guild.threads ?? []), thread] })
    },
    reconnect() {
      for (const session of sessions.values()) session.socket?.(JSON.stringify({ op: 7, d: null }))
    },
    hangUp(code) {
      for (const socket of sockets) code === 1006 ? socket.terminate() : socket.close(code)
    },
    forgetSessions: () => sessions.clear(),
    resumeFaults: [],
    latencyMs: 0,
    clockAheadMs: 0,
    alive: true,
    reachable: true,
    sessionsLeft: 1000,
    refuse: null,
    heartbeatMs: 41_250,
    get identified() {
      return identified
    },
    get resumed() {
      return resumed
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.terminate()
      await new Promise<void>(resolve => gateway.close(() => resolve()))
      await server[Symbol.asyncDispose]()
    },
  }
  return fake
}

/** Compresses a connection's frames in one stream, each flushed whole. */
function zlibWriter(socket: WebSocket): (frame: string) => void {
  const deflate = createDeflate()
  let chunks: Buffer[] = []
  let turn = Promise.resolve()
  deflate.on('data', chunk => chunks.push(chunk))
  return frame => {
    turn = turn.then(
      () =>
        new Promise(resolve => {
          deflate.write(frame)
          deflate.flush(constants.Z_SYNC_FLUSH, () => {
            socket.send(Buffer.concat(chunks))
            chunks = []
            resolve()
          })
        }),
    )
  }
}

/** A bucket that is never empty. */
const limits = (path: string): Record<string, string> => ({
  'x-ratelimit-limit': '1000',
  'x-ratelimit-remaining': '999',
  'x-ratelimit-reset-after': '1',
  'x-ratelimit-bucket': Buffer.from(path.replace(/\d+/g, 'n')).toString('hex').slice(0, 32),
})

async function parse(request: IncomingMessage): Promise<{ body: Json; files: Map<string, Uint8Array> }> {
  const bytes = await bodyOf(request)
  const type = request.headers['content-type'] ?? ''
  const files = new Map<string, Uint8Array>()
  if (bytes.length === 0) return { body: {}, files }
  if (type.includes('json')) return { body: JSON.parse(bytes.toString('utf8')) as Json, files }
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  let body: Json = {}
  for (const [name, value] of form) {
    if (typeof value !== 'string') files.set(value.name, new Uint8Array(await value.arrayBuffer()))
    else if (name === 'payload_json') body = JSON.parse(value) as Json
  }
  return { body, files }
}
