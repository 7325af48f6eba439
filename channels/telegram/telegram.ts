// Telegram by the Bot API, polled or by webhook: an update is acknowledged only after it is stored.
import { setTimeout as sleep } from 'node:timers/promises'
import { Api } from 'grammy'
import type { CallbackQuery, ReactionTypeEmoji, Update } from 'grammy/types'
import type { Channel, ChannelDeps, ChannelState, CommandMenu, Inbound, Place } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'
import { openWire } from '../../src/http/wire.ts'
import { openClock } from '../clock.ts'
import { readable } from '../readable.ts'
import { isWhole } from '../whole.ts'
import { fetchFile } from './files.ts'
import { inboundOf, messageIn, type Self } from './inbound.ts'
import { readersOf } from './members.ts'
import { openMoves } from './moves.ts'
import { addressed } from './outbound.ts'
import { setbackOf } from './results.ts'
import { openSending } from './sending.ts'
import { secretTokenFor, type Webhook, webhookUpdates } from './webhook.ts'

export interface TelegramSettings {
  /** The bot's token itself. */
  readonly token: string
  readonly apiRoot?: string
  /** Absent: updates are polled for. */
  readonly webhook?: Webhook
}

const pollSeconds = 30
/** A poll that is not answered this long after its time is a dead connection. */
const graceSeconds = 15
const longestBackoffMs = 60_000
/** A server that does not wait for updates, but says at once that there are none: after so many such answers it is asked no faster than this. */
const mostHasty = 50
const hastyMs = 10
const updates = [
  'message',
  'edited_message',
  'callback_query',
  'message_reaction',
  'my_chat_member',
  'chat_member',
] as const

export function createTelegram(
  settings: TelegramSettings,
  { log, cursors, listed }: Pick<ChannelDeps, 'log' | 'cursors' | 'listed'>,
): Channel {
  const apiRoot = settings.apiRoot ?? 'https://api.telegram.org'
  const api = new Api(settings.token, { apiRoot, fetch: openWire() as never })
  const disposed = new AbortController()
  const either = (signal: AbortSignal) => AbortSignal.any([signal, disposed.signal])
  const clock = openClock(apiRoot)
  const sending = openSending(api, cursors)
  const moves = openMoves({ cursors, ...(listed === undefined ? {} : { listed }) })
  api.config.use(async (ask, method, payload, signal) => {
    // As a number, which is how the platform itself writes it.
    if ('chat_id' in payload && /^-?\d+$/.test(String(payload.chat_id)))
      Object.assign(payload, { chat_id: Number(payload.chat_id) })
    const answer = await ask(method, payload, signal)
    const to = answer.ok ? undefined : answer.parameters?.migrate_to_chat_id
    if (to !== undefined && 'chat_id' in payload) moves.learn(payload.chat_id as number | string, to)
    return answer
  })
  let state: ChannelState = { kind: 'starting' }
  let self: Self | null = null
  let offset = 0

  async function* poll(signal: AbortSignal): AsyncGenerator<readonly Update[]> {
    let hasty = 0
    while (!signal.aborted) {
      // The first answer comes at once, so that it is known whether there is a connection.
      const timeout = state.kind === 'connected' ? pollSeconds : 0
      const bounded = AbortSignal.any([signal, AbortSignal.timeout((timeout + graceSeconds) * 1_000)])
      const askedAt = performance.now()
      const batch = await api.getUpdates(
        { offset, timeout, limit: 100, allowed_updates: updates },
        bounded as never,
      )
      yield batch
      offset = Math.max(offset, ...batch.map(update => update.update_id + 1))
      if (batch.length > 0) hasty = 0
      else if (timeout > 0 && performance.now() - askedAt < hastyMs && ++hasty > mostHasty)
        await sleep(hastyMs, undefined, { signal }).catch(() => {})
    }
  }

  const source = (signal: AbortSignal) =>
    settings.webhook === undefined
      ? poll(signal)
      : webhookUpdates(
          api,
          settings.webhook,
          secretTokenFor(settings.token),
          updates,
          error => {
            state = error === null ? { kind: 'connected' } : { kind: 'reconnecting', error }
          },
          signal,
        )

  async function* listen(signal: AbortSignal): AsyncGenerator<readonly Inbound[]> {
    let attempt = 0
    while (!signal.aborted) {
      try {
        self ??= await api.getMe(signal as never)
        const me = self
        for await (const batch of source(signal)) {
          if (state.kind !== 'connected') log.debug('telegram is connected')
          state = { kind: 'connected' }
          attempt = 0
          if (batch.length === 0) continue
          yield await clock.ours(
            batch.flatMap(update => saidIn(update, me)),
            signal,
          )
          await acknowledgePresses(api, batch, either(signal))
        }
      } catch (error) {
        if (signal.aborted) return
        const setback = setbackOf(error)
        state = setback.state
        if (state.kind === 'failed') return
        if (setback.webhook) await api.deleteWebhook({}, signal as never).catch(() => {})
        const backoff = Math.min(500 * 2 ** attempt++, longestBackoffMs) * (0.75 + Math.random() / 2)
        await sleep(setback.afterMs ?? backoff, undefined, { signal }).catch(() => {})
      }
    }
  }

  /** An update of a shape that nobody foresaw must not stand in the way of those behind it. */
  function saidIn(update: Update, me: Self): Inbound[] {
    try {
      const { message } = update
      if (message) sending.seen(String(message.chat.id), message.message_id)
      moves.follow(update)
      const said = inboundOf(update, me)
      if (!said) return []
      const place = { ...said.place, id: moves.placeOf(said.place.id) }
      return [{ ...said, place }].filter(isWhole)
    } catch (error) {
      log.error({ err: error, update: update.update_id }, 'a telegram update could not be read')
      return []
    }
  }

  const inChat = (place: Place): Place =>
    place.kind === 'direct' ? place : { ...place, id: moves.chatOf(place.id) }

  return {
    name: 'telegram',
    capabilities: {
      maxTextLength: 4096,
      exactlyOnce: false,
      groups: true,
      local: false,
      // One edit a second is what a chat takes; a group takes 20 a minute.
      drafts: { everyMs: 1_500, everyMsInGroups: 4_000 },
    },
    listen,
    prepare: readable,
    send: (outbound, signal) => sending.send({ ...outbound, place: inChat(outbound.place) }, either(signal)),
    draft: (draft, signal) => sending.draft({ ...draft, place: inChat(draft.place) }, either(signal)),
    withdraw: (place, externalId, signal) => sending.withdraw(inChat(place), externalId, either(signal)),
    async react(place, externalId, emoji, signal) {
      const { id } = inChat(place)
      const reaction = { type: 'emoji', emoji } as ReactionTypeEmoji
      const message = messageIn(id, externalId)
      if (Number.isNaN(message)) return
      await api.setMessageReaction(id, message, [reaction], {}, either(signal) as never)
    },
    async typing(place, signal) {
      const { id } = inChat(place)
      await api.sendChatAction(id, 'typing', addressed({ place }), either(signal) as never)
    },
    members: (place, signal) => readersOf(api, inChat(place).id, either(signal)),
    fetch: (attachment, signal) => fetchFile(api, apiRoot, attachment, either(signal)),
    async offer(menus, signal) {
      for (const [index, menu] of menus.entries()) {
        // A large household's menus are no reason to keep anybody's reply waiting.
        if (index >= menusAtOnce) await sleep(menuPaceMs, undefined, { signal })
        await offer(api, menu, either(signal)).catch(error =>
          // A person who never wrote to the bot has no chat that a menu could stand in.
          log.debug({ err: { message: messageOf(error) } }, 'telegram did not take a command menu'),
        )
      }
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      disposed.abort()
    },
  }
}

/** Menus that are offered without a pause between them, and the pause between further ones. */
const menusAtOnce = 10
const menuPaceMs = 100

/** A person's commands show in their own chat with the bot, and nowhere else. */
async function offer(api: Api, { sender, commands }: CommandMenu, signal: AbortSignal): Promise<void> {
  const scope =
    sender === null ? ({ type: 'default' } as const) : ({ type: 'chat', chat_id: Number(sender) } as const)
  await api.setMyCommands(
    commands.map(({ name, summary }) => ({ command: name, description: summary.slice(0, 256) })),
    { scope },
    signal as never,
  )
}

/** A pressed button stops turning, and in a direct chat its row goes: the question is answered. */
async function acknowledgePresses(api: Api, batch: readonly Update[], signal: AbortSignal): Promise<void> {
  await Promise.allSettled(batch.map(({ callback_query: query }) => query && acknowledge(api, query, signal)))
}

async function acknowledge(api: Api, { id, message }: CallbackQuery, signal: AbortSignal): Promise<void> {
  await Promise.all([
    api.answerCallbackQuery(id, {}, signal as never),
    message?.chat.type === 'private' &&
      api.editMessageReplyMarkup(message.chat.id, message.message_id, {}, signal as never),
  ])
}
