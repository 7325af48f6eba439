// A request as one model can take it: no more asked for than it says, and nothing shown that it cannot read.
import type { Block } from '../../store/entry.ts'
import type { ModelRequest } from '../model.ts'
import { tokensOf } from '../tokens.ts'
import type { ModelFacts } from './catalogue.ts'

export type File = Extract<Block, { type: 'image' | 'document' }>

/** Where a file was kept in the person's folder stands in the line of its message. */
export function fitted(
  request: ModelRequest,
  { model, facts }: { readonly model: string; readonly facts: ModelFacts },
): ModelRequest {
  const maxTokens = Math.min(request.maxTokens, facts.output)
  const why = (file: File): string | null => {
    const isRead = file.type === 'image' ? facts.images : file.mime === 'text/plain' || facts.documents
    if (!isRead) return 'cannot be shown to this model'
    return tokensOf(file) > facts.context / 2 ? 'is too long for this model' : null
  }
  return { ...named(request, why), model, maxTokens }
}

/** The same request with each file for which `why` says something replaced by its name and that. */
export function named(request: ModelRequest, why: (file: File) => string | null): ModelRequest {
  const inWords = (block: Block): Block => {
    const reason = isFile(block) ? why(block) : null
    if (!isFile(block) || reason === null) return block
    return {
      type: 'text',
      text: `[Coop: the file ${block.name ?? 'image'} ${reason}. Say so if it matters.]`,
    }
  }
  const messages = request.messages.map(message =>
    message.blocks.some(block => isFile(block) && why(block) !== null)
      ? { ...message, blocks: message.blocks.map(inWords) }
      : message,
  )
  return { ...request, messages }
}

export const isFile = (block: Block): block is File => block.type === 'image' || block.type === 'document'
