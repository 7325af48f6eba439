// What a turn read on its way, left out again once its prompt is too long for the model: it can be read again.
import type { Entry } from '../store/entry.ts'
import { sizeOf } from './window.ts'

/** The newest results of a turn, which it is working with. */
const kept = 2
/** Characters of a result that is worth leaving out, and the least share of the prompt that all of them make. */
const worth = 500
const worthShare = 0.2

const leftOut =
  '[Coop: left out, for this turn has read more than the model can hold. Call again for what you still need of it.]'

/** The entries without the older results of `turn`; null when that would not make it much shorter. */
export function withoutOldResults(entries: readonly Entry[], turn: string): Entry[] | null {
  const old = entries
    .filter(entry => entry.turn === turn && entry.role === 'tool' && entry.state === 'done')
    .slice(0, -kept)
  if (sizeOf(old) < sizeOf(entries) * worthShare) return null
  const ids = new Set(old.map(entry => entry.id))
  return entries.map(entry => (ids.has(entry.id) ? { ...entry, blocks: entry.blocks.map(shortened) } : entry))
}

const shortened = (block: Entry['blocks'][number]) =>
  block.type === 'tool_result' && block.text.length > worth ? { ...block, text: leftOut } : block
