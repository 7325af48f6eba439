// Messages that people changed or took back before they were answered.
import type { Inbound } from '../channel.ts'
import type { Received } from '../store/inbox.ts'
import type { Store } from '../store/store.ts'

export interface Revisions {
  /** Ends a revision's row by changing what it names; a message to be taken up if that is being answered already. */
  apply(row: Received): Inbound | null
  /** A waiting row as it reads now; null when it was taken back. */
  latest(row: Received): Received | null
}

export function openRevisions({ inbox }: Pick<Store, 'inbox'>): Revisions {
  const touched = new Set<number>()

  return {
    apply(row) {
      const { inbound } = row
      const { externalId, deleted } = inbound.revises!
      const original = inbox.find(inbound.channel, externalId)
      const settle = (reason: string) => {
        inbox.settle(row.id, 'ignored', reason)
        return null
      }
      if (!original || original.inbound.sender.id !== inbound.sender.id) return settle('it revises nothing')
      if (!deleted && original.inbound.text === inbound.text) return settle('nothing changed')
      if (original.state === 'new') {
        touched.add(original.id)
        if (deleted) inbox.settle(original.id, 'ignored', 'taken back')
        else inbox.rewrite(original.id, { ...original.inbound, text: inbound.text })
        return settle('revised an earlier message')
      }
      if (original.state !== 'running') return settle('revised after it was answered')
      const { addressed } = original.inbound
      const words = deleted
        ? '[I take back my last message.]'
        : `[I corrected my last message:] ${inbound.text}`
      return { ...inbound, text: words, ...(addressed === undefined ? {} : { addressed }) }
    },
    latest(row) {
      if (!touched.delete(row.id)) return row
      const now = inbox.get(row.id)
      return now?.state === 'new' ? now : null
    },
  }
}
