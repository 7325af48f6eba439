// Thinking that a provider refuses to take back: it is bound to its model, its account and the words before it.
import type { ModelRequest } from '../model.ts'
import type { Failed } from './attempt.ts'

/** The request without its thinking, if that is what `refusal` is about; else null. */
export function unthought(request: ModelRequest, refusal: Failed | null): ModelRequest | null {
  const held = request.messages.some(({ blocks }) => blocks.some(({ type }) => type === 'thinking'))
  if (!held || refusal?.kind !== 'rejected' || !/thinking|signature/i.test(refusal.message)) return null
  const messages = request.messages.map(message => {
    const blocks = message.blocks.filter(({ type }) => type !== 'thinking')
    return blocks.length === message.blocks.length ? message : { ...message, blocks }
  })
  return { ...request, messages }
}
