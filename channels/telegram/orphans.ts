// The beginning of a reply whose first showing nobody heard the end of: Telegram tells no one what a chat holds, so it is looked for by number and taken back.
import { type Api, GrammyError } from 'grammy'
import type { Cursors } from '../../src/channel.ts'

export interface Orphans {
  /** Somebody's message of that number is in a chat. */
  seen(chat: string, message: number): void
  /** The agent's own, which is no draft. */
  sent(chat: string, message: number): void
  /** A draft is about to be shown for the first time. Says how that ended: its number, nothing sent, or nobody knows. */
  begin(chat: string, key: string): (ended: number | 'not sent' | 'unknown') => void
  /** The gateway knows the draft of that number. */
  known(chat: string, message: number): void
  /** Takes back what nobody knows of, before anything new is sent to a chat. */
  clear(chat: string, signal: AbortSignal): Promise<void>
}

interface Mark {
  readonly chat: string
  /** The newest message before it. */
  readonly after: number
  /** Messages of the agent behind that one which are no drafts. */
  readonly others: readonly number[]
  /** Its number, once it is known. */
  readonly shown?: number
  /** Nobody will hear its number any more. */
  readonly lost: boolean
}

const prefix = 'draft:'
/** How many messages may have come between; in a direct chat numbers are shared with other chats. */
const reach = 20

export function openOrphans(api: Api, cursors: Cursors): Orphans {
  const newest = new Map<string, number>()
  const marks = new Map(
    Object.entries(cursors.all()).flatMap(([name, value]) => {
      const [, chat, after, others] = /^(-?\d+):(\d+):([\d,]*)$/.exec(value) ?? []
      if (!name.startsWith(prefix) || chat === undefined) return []
      const mark: Mark = { chat, after: Number(after), others: others!.split(',').map(Number), lost: true }
      return [[name.slice(prefix.length), mark] as const]
    }),
  )
  const clearing = new Map<string, Promise<void>>()

  function save(): void {
    const others = Object.entries(cursors.all()).filter(([name]) => !name.startsWith(prefix))
    const own = [...marks].map(([key, { chat, after, others }]) => [
      `${prefix}${key}`,
      `${chat}:${after}:${others.join(',')}`,
    ])
    cursors.save(Object.fromEntries([...others, ...own]))
  }

  function drop(key: string): void {
    if (marks.delete(key)) save()
  }

  const inChat = (chat: string) => [...marks].filter(([, mark]) => mark.chat === chat)

  async function takeBack(key: string, { chat, after, others }: Mark, signal: AbortSignal): Promise<void> {
    const mine = new Set([...others, ...inChat(chat).map(([, mark]) => mark.shown)])
    for (let message = after + 1; message <= after + reach; message++) {
      if (mine.has(message) || !(await isOwn(chat, message, signal))) continue
      await api.deleteMessage(chat, message, signal as never)
      break
    }
    drop(key)
  }

  /** Without changing anything: a draft has no buttons, and to take none away from it is no change. */
  async function isOwn(chat: string, message: number, signal: AbortSignal): Promise<boolean> {
    try {
      await api.editMessageReplyMarkup(chat, message, {}, signal as never)
      return false
    } catch (error) {
      if (!(error instanceof GrammyError) || error.error_code === 429 || error.error_code >= 500) throw error
      return /not modified/i.test(error.description)
    }
  }

  function seen(chat: string, message: number): void {
    newest.set(chat, Math.max(newest.get(chat) ?? 0, message))
  }

  return {
    seen,
    sent(chat, message) {
      seen(chat, message)
      const around = inChat(chat).filter(([, mark]) => message > mark.after)
      for (const [key, mark] of around) marks.set(key, { ...mark, others: [...mark.others, message] })
      if (around.length > 0) save()
    },
    begin(chat, key) {
      const after = newest.get(chat)
      if (after === undefined) return () => {}
      const mark: Mark = { chat, after, others: [], lost: false }
      marks.set(key, mark)
      save()
      return ended => {
        if (ended === 'not sent') return drop(key)
        const now = marks.get(key) ?? mark
        marks.set(key, ended === 'unknown' ? { ...now, lost: true } : { ...now, shown: ended })
        if (ended !== 'unknown') seen(chat, ended)
      }
    },
    known(chat, message) {
      for (const [key, { after, lost, shown }] of inChat(chat))
        if (shown === message || (lost && message > after)) drop(key)
    },
    clear(chat, signal) {
      const lost = inChat(chat).filter(([, mark]) => mark.lost)
      if (lost.length === 0) return clearing.get(chat) ?? Promise.resolve()
      const before = clearing.get(chat) ?? Promise.resolve()
      const work = before
        .then(async () => {
          for (const [key, mark] of lost) if (marks.has(key)) await takeBack(key, mark, signal)
        })
        // Whatever stands in the way of that must not stand in the way of the reply.
        .catch(() => {})
        .finally(() => {
          if (clearing.get(chat) === work) clearing.delete(chat)
        })
      clearing.set(chat, work)
      return work
    },
  }
}
