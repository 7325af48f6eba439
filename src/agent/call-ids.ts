// Calls keep ids of their own through a whole conversation, whatever the provider counts from.
import type { Block, Entry } from '../store/entry.ts'
import { uniqueId } from './models/adapter.ts'

/** Anthropic's are unique by themselves, and stand as they came. */
const own = /^toolu_/

/**
 * What a step of `turn` said, its calls under ids that none before them has: approvals, effects and results go by
 * these within a turn, and some providers begin to count anew with each answer.
 */
export function withOwnIds(
  blocks: readonly Block[],
  history: readonly Entry[],
  turn: string,
): readonly Block[] {
  if (!blocks.some(block => block.type === 'tool_call')) return blocks
  const taken = new Set(
    history.flatMap(entry =>
      entry.blocks.flatMap(block =>
        block.type === 'tool_call' && (entry.turn === turn || !own.test(block.id)) ? [block.id] : [],
      ),
    ),
  )
  return blocks.map(block =>
    block.type === 'tool_call' ? { ...block, id: uniqueId(block.id, taken) } : block,
  )
}
