// How far each channel was read, and what was written past that while nobody listened.
import type { REST } from '@discordjs/rest'
import { Routes } from 'discord-api-types/v10'
import type { Cursors } from '../../src/channel.ts'
import type { GuildMessage } from './inbound.ts'

export interface Marks {
  /** Channels that were read before, of a server or direct. */
  known(): readonly { readonly channel: string; readonly guild: string | undefined; readonly after: string }[]
  /** A message is stored. */
  advance(channel: string, guild: string | undefined, message: string): void
  save(): void
}

/** How far the kept marks may lag behind, in milliseconds. */
const saveEveryMs = 5_000

export function openMarks(cursors: Cursors, now: () => number = Date.now): Marks {
  const marks = new Map(Object.entries(cursors.all()))
  let savedAt = 0
  let dirty = false

  function save(): void {
    if (!dirty) return
    cursors.save(Object.fromEntries(marks))
    dirty = false
    savedAt = now()
  }

  return {
    known: () =>
      [...marks].map(([key, after]) => {
        const [guild, channel = ''] = key.split('/')
        return { channel, guild: guild || undefined, after }
      }),
    advance(channel, guild, message) {
      const key = `${guild ?? ''}/${channel}`
      const before = marks.get(key)
      if (before !== undefined && BigInt(before) >= BigInt(message)) return
      marks.set(key, message)
      dirty = true
      // A channel without any mark would not be asked for at all.
      if (before === undefined || now() - savedAt > saveEveryMs) save()
    },
    save,
  }
}

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
