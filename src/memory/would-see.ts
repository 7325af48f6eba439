// What somebody's next turn would hold of memory, shown to whoever asks about them.
import type { Memo } from './row.ts'
import type { MemoryView } from './view.ts'

export interface WouldSee {
  readonly stores: readonly { readonly store: string; readonly memories: number }[]
  /** What would go with the message, as far as the asker may know it. */
  readonly rows: readonly Memo[]
  /** Rows of the person's own store that were left out. */
  readonly hidden: number
}

/**
 * What `theirs` would be given for `query`. Rows of their personal store are shown only when
 * `viewer` is that person; to everybody else they are a count.
 */
export async function wouldSee(theirs: MemoryView, viewer: string | null, query = ''): Promise<WouldSee> {
  const { lines: refs } = await theirs.promptIndex(query)
  const mine = (labels: readonly string[]) => {
    const owner = labels.find(label => label.startsWith('personal:'))?.slice('personal:'.length)
    return owner === undefined || owner === viewer
  }
  const shown = refs.filter(ref => mine(ref.labels))
  return {
    stores: theirs
      .stats()
      .map(({ store, turns, facts, summaries }) => ({ store, memories: turns + facts + summaries })),
    rows: shown.map(ref => theirs.get(ref.id)),
    hidden: refs.length - shown.length,
  }
}
