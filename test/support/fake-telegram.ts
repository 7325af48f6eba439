// A Bot API on loopback: updates stay until a higher offset confirms them, and every send is remembered.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Message, MessageEntity, Update, User } from 'grammy/types'
import { bodyOf, clock, openLoopback, sendJson } from './loopback.ts'
import { faultOfEntities } from './telegram-entities.ts'

export interface Sent {
  readonly messageId: number
  readonly chat: string
  /** The method, `sendMessage` mostly. */
  readonly method: string
  /** The text as it stands now, edits applied. */
  text: string
  body: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970, when the whole request had arrived. */
  readonly at: number
  /** When the answer had left; null while it has not, or when the caller was gone before. */
  answeredAt: number | null
}

/** What goes wrong with the next request of a method. */
export type Fault =
  | { readonly status: number; readonly description?: string; readonly retryAfter?: number }
  /** The connection breaks before anything happened. */
  | 'drop'
  /** The request takes effect, and the connection breaks before the answer. */
  | 'drop after'
  /** No answer ever. */
  | 'hang'
  /** The request takes effect, and no answer comes. */
  | 'hang after'
  /** The answer comes so much later. */
  | { readonly lateMs: number }
  /** An answer that is no JSON. */
  | 'garbage'

export interface Writer {
  readonly id: number
  readonly name: string
  readonly username?: string
}

export interface Writing {
  /** The chat's id: the writer's own for a direct chat, negative for a group. */
  readonly chat?: number
  readonly title?: string
  readonly thread?: number
  readonly replyTo?: Message
  /** Anything else of the message: entities, a photo, a caption. */
  readonly extra?: Partial<Message>
}

export interface FakeTelegram extends AsyncDisposable {
  /** For `api_root`. */
  readonly url: string
  readonly token: string
  readonly self: User
  /** Somebody writes. Returns the message. */
  write(from: Writer, text: string, where?: Writing): Message
  /** A raw update; `update_id` is given here. */
  push(update: Omit<Update, 'update_id'>): number
  /** Updates that no offset has confirmed. */
  pending(): readonly Update[]
  /** What the bot sent, oldest first; to one chat, if given. */
  sent(chat?: number): readonly Sent[]
  /** When each request arrived, by method. */
  readonly calls: readonly { readonly method: string; readonly at: number; readonly body: unknown }[]
  /** The next `times` requests of `method` go wrong like this. */
  fail(method: string, fault: Fault, times?: number): void
  /** Who is in a group, the bot not counted. */
  readonly members: Map<number, Writer[]>
  /** What else is to be told of a group: its public name, the channel it belongs to. */
  readonly chats: Map<number, Readonly<Record<string, unknown>>>
  /** A group becomes a supergroup under another id; requests for the old one are refused. `quietly`: no message tells of it. */
  upgrade(from: number, to: number, by: Writer, quietly?: boolean): void
  /** Bytes behind a file id. */
  readonly files: Map<string, Uint8Array>
  /** What the platform says of its webhook. */
  webhook: Readonly<Record<string, unknown>>
  /** Messages that it takes in a second, from all chats together. */
  perSecond: number
  /** How far this platform's clock is ahead of ours. */
  clockAheadMs: number
  /** Answers with no more than it must, knows fewer methods, and says at once that there are no updates. */
  terse: boolean
  /** Called with each send as it arrives; for a test that answers as a person would. */
  onSent: (sent: Sent) => void
}

type Body = Record<string, unknown>

interface Poll {
  readonly response: ServerResponse
  readonly end: () => void
}

class Refusal extends Error {
  readonly status: number
  readonly parameters: Body | undefined
  constructor(status: number, description: string, parameters?: Body) {
    super(description)
    this.status = status
    this.parameters = parameters
  }
}

export async function openFakeTelegram(
  token = '100000001:AAfakeTokenThatIsLongEnoughToLookReal',
): Promise<FakeTelegram> {
  const self = { id: 100000001, is_bot: true, first_name: 'Coop', username: 'coop_bot' } as User
  const updates: Update[] = []
  const sent: Sent[] = []
  const calls: { method: string; at: number; body: unknown }[] = []
  const faults = new Map<string, Fault[]>()
  const members = new Map<number, Writer[]>()
  const files = new Map<string, Uint8Array>()
  const moved = new Map<string, number>()
  let nextUpdate = 1
  let nextMessage = 1
  let taken = { second: 0, count: 0 }
  let poll: Poll | null = null

  function push(update: Omit<Update, 'update_id'>): number {
    const id = nextUpdate++
    updates.push({ ...update, update_id: id } as Update)
    poll?.end()
    return id
  }

  function write(from: Writer, text: string, where: Writing = {}): Message {
    const user = { id: from.id, is_bot: false, first_name: from.name, ...named(from) } as User
    const direct = where.chat === undefined || where.chat === from.id
    const chat = direct
      ? { id: from.id, type: 'private', first_name: from.name }
      : { id: where.chat, type: 'supergroup', title: where.title ?? 'Household' }
    const message = {
      message_id: nextMessage++,
      date: Math.floor(Date.now() / 1000),
      from: user,
      chat,
      ...(text === '' ? {} : { text }),
      ...(where.thread === undefined ? {} : { is_topic_message: true, message_thread_id: where.thread }),
      ...(where.replyTo === undefined ? {} : { reply_to_message: where.replyTo }),
      ...where.extra,
    } as Message
    push({ message } as Omit<Update, 'update_id'>)
    return message
  }

  /** Waits for updates as long as the caller asked; a second poll ends the first with 409. */
  async function getUpdates(body: Body, response: ServerResponse): Promise<void> {
    const offset = Number(body.offset ?? 0)
    while (updates[0] && updates[0].update_id < offset) updates.shift()
    const found = () =>
      updates.filter(update => update.update_id >= offset).slice(0, Number(body.limit ?? 100))
    if (poll && !poll.response.destroyed)
      refuse(poll.response, {
        status: 409,
        description: 'Conflict: terminated by other getUpdates request',
      })
    poll?.end()
    poll = null
    const timeoutMs = Number(body.timeout ?? 0) * 1000
    if (found().length === 0 && timeoutMs > 0 && !fake.terse) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(end, timeoutMs)
        const own: Poll = { response, end }
        function end() {
          clearTimeout(timer)
          if (poll === own) poll = null
          resolve()
        }
        poll = own
        response.once('close', end)
      })
    }
    if (!response.writableEnded && !response.destroyed) sendJson(response, 200, { ok: true, result: found() })
  }

  function send(method: string, body: Body, response: ServerResponse): Message {
    const second = Math.floor(clock() / 1_000)
    if (second !== taken.second) taken = { second, count: 0 }
    if (++taken.count > fake.perSecond)
      throw new Refusal(429, 'Too Many Requests: retry after 1', { retry_after: 1 })
    const text = String(body.text ?? body.caption ?? '')
    if (method === 'sendMessage' && text.trim() === '')
      throw new Refusal(400, 'Bad Request: message text is empty')
    checkText(text, body.entities ?? body.caption_entities)
    const record: Sent = {
      messageId: nextMessage++,
      chat: String(body.chat_id),
      method,
      text,
      body,
      at: clock(),
      answeredAt: null,
    }
    sent.push(record)
    response.once('finish', () => {
      record.answeredAt = clock()
    })
    fake.onSent(record)
    return messageOf(record)
  }

  const messageOf = (record: Sent): Message =>
    ({
      message_id: record.messageId,
      date: Math.floor(record.at / 1000),
      chat: {
        id: Number(record.chat),
        type: Number(record.chat) < 0 ? 'supergroup' : 'private',
        title: 'Household',
      },
      from: self,
      text: record.text,
    }) as Message

  function checkText(text: string, entities: unknown): void {
    if (text.length > 4096) throw new Refusal(400, 'Bad Request: message is too long')
    // In a form they come as text.
    const marks = (typeof entities === 'string' ? JSON.parse(entities) : (entities ?? [])) as MessageEntity[]
    const fault = faultOfEntities(text, marks)
    if (fault !== null) throw new Refusal(400, fault)
  }

  function edit(body: Body): Message {
    const record = sent.find(one => isMessage(one, body))
    if (!record) throw new Refusal(400, 'Bad Request: message to edit not found')
    if (record.text === body.text) throw new Refusal(400, 'Bad Request: message is not modified')
    checkText(String(body.text), body.entities)
    record.text = String(body.text)
    return messageOf(record)
  }

  function answer(method: string, body: Body, response: ServerResponse): unknown {
    if (fake.terse && method === 'getChat') throw new Refusal(404, 'Not Found')
    if (fake.terse && method === 'getMe') return { id: self.id, is_bot: true, first_name: self.first_name }
    const to = moved.get(String(body.chat_id))
    if (to !== undefined)
      throw new Refusal(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: to,
      })
    if (/^send(Message|Photo|Document|Voice|Audio|Video|Sticker)$/.test(method))
      return fake.terse
        ? { message_id: send(method, body, response).message_id }
        : send(method, body, response)
    const inside = members.get(Number(body.chat_id)) ?? []
    switch (method) {
      case 'getMe':
        return { ...self, can_join_groups: true, can_read_all_group_messages: true }
      case 'editMessageText':
        return edit(body)
      case 'deleteMessage': {
        const at = sent.findIndex(one => isMessage(one, body))
        if (at === -1) throw new Refusal(400, 'Bad Request: message to delete not found')
        sent.splice(at, 1)
        return true
      }
      case 'editMessageReplyMarkup': {
        const own = sent.find(one => isMessage(one, body))
        if (!own) throw new Refusal(400, "Bad Request: message can't be edited")
        const { reply_markup: _, ...without } = own.body
        if (!own.body.reply_markup) throw new Refusal(400, 'Bad Request: message is not modified')
        own.body = without
        return true
      }
      case 'sendChatAction':
      case 'setMyCommands':
      case 'setMessageReaction':
      case 'answerCallbackQuery':
      case 'deleteWebhook':
      case 'setWebhook':
        return true
      case 'getWebhookInfo':
        return fake.webhook
      case 'getChat':
        return {
          id: body.chat_id,
          type: 'supergroup',
          title: 'Household',
          ...fake.chats.get(Number(body.chat_id)),
        }
      case 'getChatMemberCount':
        return inside.length + 1
      case 'getChatMember': {
        const found = inside.find(one => one.id === Number(body.user_id))
        if (!found) throw new Refusal(400, 'Bad Request: user not found')
        return {
          status: 'member',
          user: { id: found.id, is_bot: false, first_name: found.name, ...named(found) },
        }
      }
      case 'getFile': {
        const bytes = files.get(String(body.file_id))
        if (!bytes) throw new Refusal(400, 'Bad Request: invalid file_id')
        return {
          file_id: body.file_id,
          file_unique_id: body.file_id,
          file_size: bytes.length,
          file_path: `files/${body.file_id}`,
        }
      }
      default:
        throw new Refusal(404, 'Not Found: method not found')
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = clock()
    if (fake.clockAheadMs !== 0)
      response.setHeader('date', new Date(Date.now() + fake.clockAheadMs).toUTCString())
    const path = new URL(request.url ?? '/', 'http://loopback').pathname
    const download = /^\/file\/bot([^/]+)\/files\/(.+)$/.exec(path)
    if (download) {
      const bytes = download[1] === token ? files.get(download[2]!) : undefined
      if (bytes) response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
      else response.writeHead(404).end()
      return
    }
    const [, given, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? []
    const body = await parse(request)
    calls.push({ method, at, body })
    const fault = faults.get(method)?.shift()
    if (fault === 'hang') return
    if (fault === 'drop') return void response.destroy()
    if (fault === 'garbage') return void response.writeHead(200).end('<html>not the Bot API</html>')
    if (typeof fault === 'object' && 'status' in fault) return refuse(response, fault)
    if (typeof fault === 'object') await sleep(fault.lateMs)
    if (given !== token) return refuse(response, { status: 401, description: 'Unauthorized' })
    if (method === 'getUpdates') return getUpdates(body, response)
    try {
      const result = answer(method, body, response)
      if (fault === 'hang after') return
      if (fault === 'drop after') response.destroy()
      else sendJson(response, 200, { ok: true, result })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { status, message: description, parameters } = error
      sendJson(response, status, { ok: false, error_code: status, description, parameters })
    }
  }

  const server = await openLoopback(serve)
  const fake: FakeTelegram = {
    url: server.url,
    token,
    self,
    write,
    push,
    pending: () => updates,
    sent: chat => (chat === undefined ? sent : sent.filter(one => one.chat === String(chat))),
    calls,
    fail(method, fault, times = 1) {
      faults.set(method, [...(faults.get(method) ?? []), ...Array<Fault>(times).fill(fault)])
    },
    members,
    chats: new Map(),
    upgrade(from, to, by, quietly = false) {
      moved.set(String(from), to)
      members.set(to, members.get(from) ?? [])
      if (quietly) return
      write(by, '', { chat: from, extra: { migrate_to_chat_id: to } })
      write(by, '', { chat: to, extra: { migrate_from_chat_id: from } })
    },
    files,
    webhook: { url: '', pending_update_count: 0 },
    perSecond: Number.POSITIVE_INFINITY,
    clockAheadMs: 0,
    terse: false,
    onSent: () => {},
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return fake
}

const isMessage = (one: Sent, body: Body): boolean =>
  one.messageId === Number(body.message_id) && one.chat === String(body.chat_id)

const named = ({ username }: Writer) => (username === undefined ? {} : { username })

function refuse(response: ServerResponse, fault: Extract<Fault, { status: number }>): void {
  sendJson(response, fault.status, {
    ok: false,
    error_code: fault.status,
    description: fault.description ?? 'Too Many Requests: retry later',
    ...(fault.retryAfter === undefined ? {} : { parameters: { retry_after: fault.retryAfter } }),
  })
}

/** JSON, or the fields of a form with its files as bytes. */
async function parse(request: IncomingMessage): Promise<Body> {
  const bytes = await bodyOf(request)
  const type = request.headers['content-type'] ?? ''
  if (bytes.length === 0) return {}
  if (type.includes('json')) return JSON.parse(bytes.toString('utf8')) as Body
  const form = await new Response(new Uint8Array(bytes), { headers: { 'content-type': type } }).formData()
  const fields: Body = {}
  for (const [name, value] of form)
    fields[name] = typeof value === 'string' ? value : new Uint8Array(await value.arrayBuffer())
  return fields
}
