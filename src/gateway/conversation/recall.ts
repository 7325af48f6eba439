// What memory gives with an incoming message, and what of it the model has been told already.
import type { Desk } from '../../desk/desk.ts'
import type { Disclosed } from '../../store/disclosure.ts'
import type { Origin } from '../../store/entry.ts'
import { worst } from '../../store/entry.ts'

export interface Recall {
  /** A paragraph beside the message; empty when memory has nothing to say. */
  readonly text: string
  readonly given: readonly Disclosed[]
  /** The worst of where it came from; what it says taints the prompt as much. */
  readonly origin: Origin
}

export interface RecallRules {
  readonly enabled: boolean
  readonly limit: number
  readonly max_tokens: number
}

const deadlineMs = 50
const nothing: Recall = { text: '', given: [], origin: 'agent' }

/** The memories that fit `text`, as the desk's clearance opens them. What stands in the prompt already is left out. */
export async function recall(desk: Desk, text: string, rules: RecallRules): Promise<Recall> {
  if (!rules.enabled || desk.memory.stores.length === 0) return nothing
  const history = desk.history()
  const first = history[0]?.id
  const index = await desk.memory.promptIndex(text, {
    limit: rules.limit,
    maxTokens: rules.max_tokens,
    deadlineMs,
    ...(first === undefined ? {} : { promptFrom: first }),
  })
  const told = history
    .flatMap(entry => entry.blocks.flatMap(block => (block.type === 'context' ? [block.text] : [])))
    .join('\n')
  const lines = index.lines.filter(line => !told.includes(line.text))
  if (lines.length === 0) return nothing
  return {
    text: `[From memory, not from the person:\n${lines.map(line => line.text).join('\n')}]`,
    given: lines.map(({ id, labels }) => ({ kind: 'memory', ref: id, labels })),
    origin: worst(lines.map(line => line.origin)),
  }
}
