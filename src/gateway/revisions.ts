// Messages that people changed or took back: before they are answered, while they are, and after.
import type { Inbound } from '../channel.ts'
import type { Received } from '../store/inbox.ts'
import type { Store } from '../store/store.ts'

export type Revision =
  /** The message that it names was changed, or there is nothing to change. */
  | { readonly kind: 'settled' }
  /** To be taken up like a message: what it names is being answered already. */
  | { readonly kind: 'message'; readonly inbound: Inbound }
  /** For the next turn to know: these words were taken back. */
  | { readonly kind: 'withdrawn'; readonly text: string }

export interface Revisions {
  apply(row: Received): Revision
  /** A message as it reads if its revision overtook it; null when it was taken back. */
  overtaken(row: Received): Received | null
  /** A waiting row as it reads now; null when it was taken back. */
  latest(row: Received): Received | null
}

/** Revisions kept for messages that have not arrived. */
const mostEarly = 1_000

export function openRevisions({ inbox }: Pick<Store, 'inbox'>): Revisions {
  const touched = new Set<number>()
  const early = new Map<string, Inbound>()
  const nameOf = (inbound: Inbound, externalId: string) =>
    `${inbound.channel} ${inbound.sender.id} ${externalId}`

  function settled(row: Received, reason: string): Revision {
    inbox.settle(row.id, 'ignored', reason)
    return { kind: 'settled' }
  }

  return {
    apply(row) {
      const { inbound } = row
      const { externalId, deleted } = inbound.revises!
      const original = inbox.find(inbound.channel, externalId)
      if (!original) {
        early.set(nameOf(inbound, externalId), inbound)
        if (early.size > mostEarly) early.delete(early.keys().next().value!)
        return settled(row, 'it revises nothing')
      }
      if (original.inbound.sender.id !== inbound.sender.id) return settled(row, 'it revises nothing')
      if (!deleted && original.inbound.text === inbound.text) return settled(row, 'nothing changed')
      if (original.state === 'new') {
        touched.add(original.id)
        if (deleted) inbox.settle(original.id, 'ignored', 'taken back')
        else inbox.rewrite(original.id, { ...original.inbound, text: inbound.text })
        return settled(row, 'revised an earlier message')
      }
      if (original.state !== 'running') {
        if (!deleted || original.state === 'ignored') return settled(row, 'revised after it was answered')
        return { kind: 'withdrawn', text: original.inbound.text }
      }
      const { addressed } = original.inbound
      const words = deleted
        ? '[I take back my last message.]'
        : `[I corrected my last message:] ${inbound.text}`
      return {
        kind: 'message',
        inbound: { ...inbound, text: words, ...(addressed === undefined ? {} : { addressed }) },
      }
    },
    overtaken(row) {
      if (early.size === 0) return row
      const name = nameOf(row.inbound, row.inbound.externalId)
      const revision = early.get(name)
      if (!early.delete(name) || !revision) return row
      if (revision.revises?.deleted) {
        inbox.settle(row.id, 'ignored', 'taken back')
        return null
      }
      const inbound = { ...row.inbound, text: revision.text }
      inbox.rewrite(row.id, inbound)
      return { ...row, inbound }
    },
    latest(row) {
      if (!touched.delete(row.id)) return row
      const now = inbox.get(row.id)
      return now?.state === 'new' ? now : null
    },
  }
}
