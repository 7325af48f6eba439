// Covered entries to the messages a model takes: alternating, every call answered, outside text gone after its turn.
import type { Block, Entry } from '../store/entry.ts'
import type { Message } from './model.ts'

/** Whose words stand in a group or from somebody else; null where there is only one voice. */
export type NameOf = (author: string | null) => string | null

export const leftOut =
  '[Text from outside that an earlier turn read; it is no longer shown. Read it again if you need it.]'

/**
 * The messages of a conversation. Pure: the same entries give the same bytes, so that a provider's
 * cache serves the prefix. Two breakpoints: the newest message, and where the request before this one
 * ended. Thinking goes back within its turn alone: later it would be paid for, and refused where what came
 * before it has moved.
 */
export function messagesOf(entries: readonly Entry[], turn: string, nameOf: NameOf): Message[] {
  const results = new Map<string, Block>()
  for (const entry of entries) {
    if (entry.role === 'tool' && entry.callId !== undefined)
      results.set(`${entry.turn}:${entry.callId}`, resultOf(entry, turn))
  }
  const messages: Made[] = []
  // What stands alone keeps its array: what is sent of it was written out before.
  const push = (role: Message['role'], blocks: readonly Block[], entry: Entry, changed = false) => {
    const last = messages.at(-1)
    const made = { role, blocks, turn: entry.turn, changed }
    if (last?.role !== role) messages.push(made)
    else
      messages[messages.length - 1] = {
        ...made,
        blocks: [...last.blocks, ...blocks],
        changed: changed || last.changed,
      }
  }
  for (const entry of entries) {
    if (entry.role === 'user' || entry.role === 'heard') push('user', named(entry, nameOf), entry)
    else if (entry.role === 'summary') push('user', entry.blocks, entry)
    else if (entry.role === 'assistant') {
      const isSent = (block: Block) => isSaid(block) && (entry.turn === turn || !isThinking(block))
      const blocks = entry.blocks.every(isSent) ? entry.blocks : entry.blocks.filter(isSent)
      if (blocks.length === 0) continue
      push('assistant', blocks, entry, entry.turn !== turn && entry.blocks.some(isThinking))
      const answers = blocks.flatMap(block =>
        block.type === 'tool_call' ? [results.get(`${entry.turn}:${block.id}`) ?? noResult(block)] : [],
      )
      if (answers.length > 0) push('user', answers, entry, answers.some(isLeftOut))
    }
  }
  while (messages[0]?.role === 'assistant') messages.shift()
  return withBreakpoints(messages, turn)
}

/** `changed`: it is not what the turn that wrote it sent. */
interface Made extends Message {
  readonly turn: string | null
  readonly changed: boolean
}

const isThinking = ({ type }: Block): boolean => type === 'thinking'
const isLeftOut = (block: Block): boolean => block.type === 'tool_result' && block.text === leftOut

const isSaid = (block: Block): boolean => block.type !== 'text' || block.text.trim() !== ''

function resultOf(entry: Entry, turn: string): Block {
  const stored = entry.blocks.find(block => block.type === 'tool_result')
  if (stored?.type === 'tool_result' && entry.origin === 'outside' && entry.turn !== turn)
    return { ...stored, text: leftOut }
  if (stored) return stored
  const text =
    entry.state === 'waiting' ? 'Waiting for a person’s approval.' : 'No result yet: it is being worked on.'
  return { type: 'tool_result', callId: entry.callId ?? '', name: '', text, isError: false }
}

const noResult = (call: Extract<Block, { type: 'tool_call' }>): Block => ({
  type: 'tool_result',
  callId: call.id,
  name: call.name,
  text: 'The result is not available here.',
  isError: true,
})

/** Each message of a group under its name, made once: the same blocks need not be written out anew. */
const under = new WeakMap<readonly Block[], { readonly name: string; readonly blocks: readonly Block[] }>()

function named({ author, blocks }: Entry, nameOf: NameOf): readonly Block[] {
  const name = nameOf(author)
  if (name === null) return blocks
  let known = under.get(blocks)
  if (known?.name !== name) {
    const voices = blocks.map(block =>
      block.type === 'text' ? { ...block, text: voiced(name, block.text) } : block,
    )
    under.set(blocks, (known = { name, blocks: voices }))
  }
  return known.blocks
}

/** Only the first line begins at the margin: a later one could be made to look like somebody else's voice. */
export const voiced = (name: string, text: string): string =>
  `${name}: ${text.replace(/\r\n?|[\n\u2028\u2029]/g, '\n  ')}`

/** A turn that is over leaves out what it thought and read outside: a cache then holds only what came before that. */
function withBreakpoints(messages: readonly Made[], turn: string): Message[] {
  const users = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []))
  const before = messages[users.at(-2) ?? -1]
  const moved =
    before && before.turn !== turn ? messages.findIndex(one => one.changed && one.turn === before.turn) : -1
  const marks = [users.at(-1), moved < 0 ? users.at(-2) : users.findLast(index => index < moved)]
  return messages.map(({ role, blocks }, index) =>
    marks.includes(index) ? { role, blocks, breakpoint: true } : { role, blocks },
  )
}
