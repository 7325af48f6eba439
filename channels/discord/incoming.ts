// Events on their way into the inbox: in order, kept until they are stored, with what was missed read up before what follows.
import { setTimeout as sleep } from 'node:timers/promises'
import { DiscordAPIError, type REST } from '@discordjs/rest'
import { GatewayDispatchEvents, type GatewayDispatchPayload } from 'discord-api-types/v10'
import type { Inbound } from '../../src/channel.ts'
import { messageOf } from '../../src/errors.ts'
import type { Log } from '../../src/log.ts'
import type { PlatformClock } from '../clock.ts'
import { isWhole } from '../whole.ts'
import { acknowledge } from './commands.ts'
import type { Directs } from './directs.ts'
import type { Guilds } from './guilds.ts'
import { historySince, type Marks } from './history.ts'
import {
  editInbound,
  type GuildMessage,
  interactionInbound,
  messageInbound,
  reactionInbound,
  type Self,
} from './inbound.ts'

export interface Incoming {
  push(payload: GatewayDispatchPayload): void
  /** Who the bot is, once it is known. */
  self(): Self | null
  /** Yields what arrived; resuming says that it is stored. */
  batches(signal: AbortSignal): AsyncGenerator<readonly Inbound[]>
}

export interface IncomingOptions {
  readonly rest: REST
  readonly guilds: Guilds
  readonly marks: Marks
  readonly directs: Directs
  /** Whether a channel of a server is listened to. */
  readonly listed: (channel: string) => boolean
  /** Everybody of the household, met on Discord before or not. */
  readonly people: () => readonly string[]
  readonly clock: PlatformClock
  readonly log: Log
}

/** An event, or everything past the marks once the servers named in READY have introduced themselves. */
type Item = GatewayDispatchPayload | { readonly missed: Promise<void> }

const batchSize = 100
const introductionsMs = 5_000
const acknowledgeMs = 3_000
const againMs = 1_000
/** Messages whose writers are remembered, for a deletion does not name them. */
const rememberedMessages = 2_000

export function openIncoming(options: IncomingOptions): Incoming {
  const { rest, guilds, marks, directs, clock, log } = options
  const queue: Item[] = []
  const written = new Map<string, Pick<Inbound, 'sender' | 'place'>>()
  let self: Self | null = null
  let introduced: { waiting: Set<string>; done: () => void } | null = null
  let wake = () => {}

  function push(payload: GatewayDispatchPayload): void {
    const { t, d } = payload
    if (t === GatewayDispatchEvents.Ready) {
      self = { id: d.user.id, application: d.application.id }
      const { promise, resolve } = Promise.withResolvers<void>()
      introduced = { waiting: new Set(d.guilds.map(guild => guild.id)), done: resolve }
      if (introduced.waiting.size === 0) resolve()
      queue.push({ missed: Promise.race([promise, sleep(introductionsMs, undefined, { ref: false })]) })
    } else if (t === GatewayDispatchEvents.GuildCreate || t === GatewayDispatchEvents.GuildDelete) {
      introduced?.waiting.delete(d.id)
      if (introduced?.waiting.size === 0) introduced.done()
    } else if (wanted.has(t)) queue.push(payload)
    wake()
  }

  async function* batches(signal: AbortSignal): AsyncGenerator<readonly Inbound[]> {
    const stop = () => wake()
    signal.addEventListener('abort', stop)
    try {
      while (!signal.aborted) {
        const first = queue[0]
        if (!first) {
          await new Promise<void>(resolve => {
            wake = resolve
          })
          continue
        }
        try {
          if ('missed' in first) {
            await first.missed
            yield* missed(signal)
            queue.shift()
          } else yield* live(signal)
        } catch (error) {
          if (signal.aborted) return
          log.debug({ err: { message: messageOf(error) } }, 'discord events wait')
          await sleep(againMs, undefined, { signal }).catch(() => {})
        }
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  async function* live(signal: AbortSignal): AsyncGenerator<readonly Inbound[]> {
    const end = queue.slice(0, batchSize).findIndex(item => 'missed' in item)
    const items = queue.slice(0, end === -1 ? batchSize : end).filter(item => 't' in item)
    const found: Inbound[] = []
    for (const item of items) {
      found.push(...(await read(item)))
    }
    if (found.length > 0) yield await clock.ours(found, signal)
    queue.splice(0, items.length)
    for (const { t, d } of items) {
      if (t === GatewayDispatchEvents.MessageCreate) marks.advance(d.channel_id, d.guild_id, d.id)
    }
    await answer(items, found)
  }

  /** What was written past the marks, channel by channel. */
  async function* missed(signal: AbortSignal): AsyncGenerator<readonly Inbound[]> {
    /** By channel, its newest message; null where nothing is to be read. */
    const newest = new Map<string, string | null>()
    for (const { id, guild, parent, last } of guilds.all()) {
      const worth = options.listed(parent ?? id) && marks.begin(id, guild, last)
      if (!worth) newest.set(id, null)
      else if (last !== undefined) newest.set(id, last)
    }
    // Where nobody ever listened, nothing was missed.
    const people = marks.known().length > 0 ? options.people() : []
    for await (const channel of directs.meet(people, signal)) marks.begin(channel, undefined)
    for (const { channel, guild, after } of marks.known()) {
      // What events told nothing of, a direct chat or an archived thread, is asked for.
      const last = newest.get(channel)
      if (last === null || (last !== undefined && BigInt(last) <= BigInt(after))) continue
      try {
        for await (const page of historySince(rest, channel, after, signal)) {
          const found: Inbound[] = []
          for (const message of page) {
            const d = guild === undefined ? message : { ...message, guild_id: guild }
            found.push(
              ...(await read({ t: GatewayDispatchEvents.MessageCreate, d } as GatewayDispatchPayload)),
            )
          }
          if (found.length > 0) yield await clock.ours(found, signal)
          marks.advance(channel, guild, page.at(-1)!.id)
        }
      } catch (error) {
        // A channel that is gone or closed to the bot has nothing to tell.
        if (!(error instanceof DiscordAPIError)) throw error
        log.debug({ channel, reason: error.message }, 'a discord channel cannot be read')
      }
    }
    marks.save()
  }

  async function said(message: GuildMessage): Promise<Inbound | undefined> {
    const inbound = self ? await messageInbound(message, self, guilds) : undefined
    if (!inbound) return undefined
    if (inbound.place.kind === 'direct') directs.met(inbound.sender.id, message.channel_id)
    written.set(message.id, { sender: inbound.sender, place: inbound.place })
    if (written.size > rememberedMessages) written.delete(written.keys().next().value!)
    return inbound
  }

  /** What an event says. One of a shape that nobody foresaw must not stand in the way of those behind it. */
  async function read(payload: GatewayDispatchPayload): Promise<readonly Inbound[]> {
    try {
      return [(await inboundOf(payload)) ?? []].flat().filter(isWhole)
    } catch (error) {
      // Whatever else is thrown, the network did, and it is tried again.
      if (!(error instanceof DiscordAPIError) && !isMisread(error)) throw error
      log.error({ event: payload.t, err: { message: messageOf(error) } }, 'a discord event could not be read')
      return []
    }
  }

  async function inboundOf({ t, d }: GatewayDispatchPayload): Promise<Inbound | Inbound[] | undefined> {
    if (!self) return undefined
    switch (t) {
      case GatewayDispatchEvents.MessageCreate:
        return said(d)
      case GatewayDispatchEvents.MessageUpdate:
        return editInbound(d, self, guilds)
      case GatewayDispatchEvents.MessageDelete:
        return deleted(d.id)
      case GatewayDispatchEvents.MessageDeleteBulk:
        return d.ids.flatMap(id => deleted(id) ?? [])
      case GatewayDispatchEvents.MessageReactionAdd:
        return reactionInbound(d, self, guilds)
      case GatewayDispatchEvents.InteractionCreate: {
        const user = d.user?.id
        if (user !== undefined && d.channel) directs.met(user, d.channel.id)
        return interactionInbound(d, guilds)
      }
      default:
        return undefined
    }
  }

  function deleted(id: string): Inbound | undefined {
    const by = written.get(id)
    return (
      by && {
        channel: 'discord',
        externalId: `deleted:${id}`,
        place: by.place,
        sender: by.sender,
        text: '',
        at: Date.now(),
        revises: { externalId: id, deleted: true },
      }
    )
  }

  async function answer(items: readonly GatewayDispatchPayload[], found: readonly Inbound[]): Promise<void> {
    await Promise.allSettled(
      items.flatMap(({ t, d }) => {
        if (t !== GatewayDispatchEvents.InteractionCreate) return []
        const text = found.find(inbound => inbound.externalId === `press:${d.id}`)?.text
        return text === undefined ? [] : [acknowledge(rest, d, text, AbortSignal.timeout(acknowledgeMs))]
      }),
    )
  }

  return { push, self: () => self, batches }
}

const wanted = new Set<string>([
  GatewayDispatchEvents.MessageCreate,
  GatewayDispatchEvents.MessageUpdate,
  GatewayDispatchEvents.MessageDelete,
  GatewayDispatchEvents.MessageDeleteBulk,
  GatewayDispatchEvents.MessageReactionAdd,
  GatewayDispatchEvents.InteractionCreate,
])

/** A fault of the event's own shape. */
const isMisread = (error: unknown): boolean =>
  error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError
