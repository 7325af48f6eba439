// How far each channel was read, and what was written past that while nobody listened.
import type { REST } from '@discordjs/rest'
import { Routes } from 'discord-api-types/v10'
import type { Cursors } from '../../src/channel.ts'
import type { GuildMessage } from './inbound.ts'

export interface Marks {
  /** Channels that were read before, of a server or direct. */
  known(): readonly { readonly channel: string; readonly guild: string | undefined; readonly after: string }[]
  /**
   * Begins to mark a channel: with its newest message if nobody ever listened anywhere, else with the
   * newest mark of all, which is when somebody last did. Whether there may be something to read up.
   */
  begin(channel: string, guild: string | undefined, newest?: string): boolean
  /** A message is stored. */
  advance(channel: string, guild: string | undefined, message: string): void
  save(): void
}

/** How far the kept marks may lag behind, in milliseconds. */
const saveEveryMs = 5_000

export function openMarks(cursors: Cursors, now: () => number = Date.now): Marks {
  const marks = new Map(Object.entries(cursors.all()).filter(([, mark]) => isSnowflake(mark)))
  const listenedUntil = [...marks.values()].reduce(later, '0')
  let savedAt = 0
  let dirty = false

  function save(): void {
    if (!dirty) return
    cursors.save(Object.fromEntries(marks))
    dirty = false
    savedAt = now()
  }

  const keyOf = (channel: string, guild: string | undefined): string => `${guild ?? ''}/${channel}`

  function advance(channel: string, guild: string | undefined, message: string): void {
    const key = keyOf(channel, guild)
    const before = marks.get(key)
    if (!isSnowflake(message)) return
    if (before !== undefined && later(before, message) === before) return
    marks.set(key, message)
    dirty = true
    // A channel without any mark would not be asked for at all.
    if (before === undefined || now() - savedAt > saveEveryMs) save()
  }

  return {
    known: () =>
      [...marks].map(([key, after]) => {
        const [guild, channel = ''] = key.split('/')
        return { channel, guild: guild || undefined, after }
      }),
    begin(channel, guild, newest = '0') {
      const first = listenedUntil === '0'
      if (marks.has(keyOf(channel, guild))) return true
      advance(channel, guild, first ? newest : listenedUntil)
      return !first
    },
    advance,
    save,
  }
}

const isSnowflake = (id: unknown): boolean => /^\d{1,20}$/.test(String(id))

/** The later of two snowflakes. */
const later = (a: string, b: string): string => (BigInt(b) > BigInt(a) ? b : a)

const pageSize = 100

/** Messages after `after`, oldest first, page by page. */
export async function* historySince(
  rest: REST,
  channel: string,
  after: string,
  signal: AbortSignal,
): AsyncGenerator<readonly GuildMessage[]> {
  for (let last = after; ; ) {
    const query = new URLSearchParams({ after: last, limit: String(pageSize) })
    const page = (await rest.get(Routes.channelMessages(channel), { query, signal })) as GuildMessage[]
    if (page.length === 0) return
    const ordered = page.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
    yield ordered
    last = ordered.at(-1)!.id
    if (page.length < pageSize) return
  }
}
