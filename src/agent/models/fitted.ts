// A request as one model can take it: no more asked for than it says, and no image shown to who is blind.
import type { Block } from '../../store/entry.ts'
import type { ModelRequest } from '../model.ts'
import type { ModelFacts } from './catalogue.ts'

/** Where an image was kept in the person's folder stands in the line of its message. */
export function fitted(
  request: ModelRequest,
  { model, facts }: { readonly model: string; readonly facts: ModelFacts },
): ModelRequest {
  const maxTokens = Math.min(request.maxTokens, facts.output)
  if (facts.images) return { ...request, model, maxTokens }
  const messages = request.messages.map(message =>
    message.blocks.some(block => block.type === 'image')
      ? { ...message, blocks: message.blocks.map(named) }
      : message,
  )
  return { ...request, model, maxTokens, messages }
}

const named = (block: Block): Block =>
  block.type === 'image'
    ? {
        type: 'text',
        text: `[Coop: the image ${block.name ?? ''} cannot be shown to this model. Say so if it matters.]`,
      }
    : block
