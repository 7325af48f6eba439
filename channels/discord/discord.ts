// Discord by its gateway and REST API: events in order, what was missed read up from history, sends with a nonce.
import { DefaultRestOptions, REST } from '@discordjs/rest'
import { Routes } from 'discord-api-types/v10'
import type { Channel, ChannelDeps, ChannelState, Inbound, Place } from '../../src/channel.ts'
import { openClock } from '../clock.ts'
import { readBounded } from '../download.ts'
import { register } from './commands.ts'
import { connect } from './connection.ts'
import { openDirects } from './directs.ts'
import { format } from './format.ts'
import { openGuilds } from './guilds.ts'
import { openMarks } from './history.ts'
import { openIncoming } from './incoming.ts'
import { send, show } from './outbound.ts'

export interface DiscordSettings {
  /** The bot's token itself. */
  readonly token: string
  readonly apiRoot?: string
  /** Where the gateway is, if not where the REST API says. */
  readonly gatewayUrl?: string
}

const maxDownloadBytes = 25_000_000
const requestMs = 15_000
const typingMs = 8_000

export function createDiscord(
  settings: DiscordSettings,
  { log, cursors, listed, people }: Pick<ChannelDeps, 'log' | 'cursors' | 'listed' | 'people'>,
): Channel {
  const rest = new REST({
    version: '10',
    retries: 0,
    timeout: requestMs,
    // The outbox waits for a send, so that it may be stopped and told of; a read waits by itself.
    rejectOnRateLimit: ({ method }) => method === 'POST' || method === 'PATCH',
    ...(settings.apiRoot === undefined ? {} : { api: settings.apiRoot }),
  }).setToken(settings.token)
  const disposed = new AbortController()
  const either = (signal: AbortSignal) => AbortSignal.any([signal, disposed.signal])
  const marks = openMarks(cursors)
  const guilds = openGuilds(rest)
  const directs = openDirects(rest)
  const typed = new Map<string, number>()
  const incoming = openIncoming({
    rest,
    guilds,
    marks,
    directs,
    listed: channel => listed?.(`discord:${channel}`) ?? true,
    people: () => people?.() ?? [],
    clock: openClock(settings.apiRoot ?? DefaultRestOptions.api),
    log,
  })
  let state: ChannelState = { kind: 'starting' }
  let connection: Promise<void> | null = null

  const channelOf = async (place: Place, signal: AbortSignal): Promise<string> =>
    place.kind === 'group' ? (place.thread ?? place.id) : directs.channelOf(place.id, signal)
  const target = { rest, channelOf }

  async function* listen(signal: AbortSignal): AsyncGenerator<readonly Inbound[]> {
    const until = AbortSignal.any([signal, disposed.signal])
    // It outlives a batch that could not be stored: what arrives meanwhile is kept.
    connection ??= connect(
      {
        rest,
        token: settings.token,
        ...(settings.gatewayUrl === undefined ? {} : { gatewayUrl: settings.gatewayUrl }),
        onDispatch(payload) {
          guilds.follow(payload)
          incoming.push(payload)
        },
        onState(next) {
          state = next
        },
      },
      until,
    )
    const over = new AbortController()
    void connection.then(() => over.abort())
    try {
      yield* incoming.batches(AbortSignal.any([until, over.signal]))
    } finally {
      marks.save()
      if (until.aborted || over.signal.aborted) {
        await connection
        connection = null
      }
    }
  }

  return {
    name: 'discord',
    capabilities: {
      maxTextLength: 2000,
      exactlyOnce: true,
      groups: true,
      local: false,
      // Five edits in five seconds are what a channel takes.
      drafts: { everyMs: 1_500, everyMsInGroups: 1_500 },
    },
    listen,
    prepare: format,
    send: (outbound, signal) => send(target, outbound, either(signal)),
    draft: (draft, signal) => show(target, draft, either(signal)),
    async withdraw(place, externalId, signal) {
      const channel = await channelOf(place, either(signal))
      await rest.delete(Routes.channelMessage(channel, externalId), { signal: either(signal) })
    },
    async react(place, externalId, emoji, signal) {
      const channel = await channelOf(place, either(signal))
      // An edited message has the time of the edit behind its id.
      const message = externalId.split(':')[0]!
      const route = Routes.channelMessageOwnReaction(channel, message, encodeURIComponent(emoji))
      await rest.put(route, { signal: either(signal) })
    },
    async typing(place, signal) {
      const channel = await channelOf(place, either(signal))
      // Discord shows it for ten seconds, and each request counts against all others.
      if (Date.now() - (typed.get(channel) ?? 0) < typingMs) return
      typed.set(channel, Date.now())
      await rest.post(Routes.channelTyping(channel), { signal: either(signal) })
    },
    async members(place, signal) {
      const self = incoming.self()
      // What is known of a server is true only while its events arrive.
      if (state.kind !== 'connected' || !self) return { kind: 'unknown', reason: 'Discord is not connected' }
      return guilds.viewers(place.id, self.id, either(signal))
    },
    async fetch({ handle, name, size = 0 }, signal) {
      if (size > maxDownloadBytes)
        throw new Error(`${name} is larger than the 25 MB that Coop takes from Discord`)
      return readBounded(handle, { name, maxBytes: maxDownloadBytes, signal: either(signal) })
    },
    async offer(menus, signal) {
      const self = incoming.self()
      if (self) await register(rest, self.application, menus, either(signal))
    },
    state: () => state,
    async [Symbol.asyncDispose]() {
      disposed.abort()
      marks.save()
      rest.clearHashSweeper()
      rest.clearHandlerSweeper()
    },
  }
}
