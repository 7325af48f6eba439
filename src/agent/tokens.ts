// How many tokens text will be, near enough to budget with: no tokenizer is public for every model.
import type { Block } from '../store/entry.ts'
import type { ModelRequest } from './model.ts'

/** Characters of English prose, JSON and Markdown that make one token, measured low so that the estimate is high. */
const charactersPerToken = 3.5

/** Estimated tokens of a text. Scripts without spaces count nearer one a character. */
export function countTokens(text: string): number {
  let wide = 0
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x2e7f) wide++
  return Math.ceil((text.length - wide) / charactersPerToken + wide)
}

/** An image costs by its dimensions, a page of a PDF by its picture and its words, not by their bytes; these are near the most. */
const imageTokens = 1_600
const pageTokens = 3_000

/** Counted once: a conversation's blocks stay, and each turn asks for the size of all of them. */
const counted = new WeakMap<Block, number>()

/** Estimated tokens of a block as it stands in a prompt. */
export function tokensOf(block: Block): number {
  if (block.type === 'image') return imageTokens
  if (block.type === 'document' && block.mime === 'application/pdf') return block.pages * pageTokens
  let tokens = counted.get(block)
  if (tokens === undefined) counted.set(block, (tokens = countTokens(JSON.stringify(block))))
  return tokens
}

/** Estimated tokens of a whole request. */
export const requestTokens = ({ system, tools, messages }: ModelRequest): number =>
  messages.reduce(
    (sum, { blocks }) => sum + blocks.reduce((size, block) => size + tokensOf(block), 0),
    countTokens(JSON.stringify([system, tools])),
  )
