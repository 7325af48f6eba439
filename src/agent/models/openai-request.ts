// A request as the chat completions API takes it.
import type { Block } from '../../store/entry.ts'
import type { Message, ModelRequest } from '../model.ts'

type Content = string | readonly Readonly<Record<string, unknown>>[] | null
interface Param {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: Content
  readonly tool_call_id?: string
  readonly tool_calls?: readonly Readonly<Record<string, unknown>>[]
}

export function paramsOf(request: ModelRequest) {
  const system = [request.system.stable, request.system.session].filter(Boolean).join('\n\n')
  return {
    model: request.model,
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: request.maxTokens,
    messages: [{ role: 'system', content: system }, ...request.messages.flatMap(messagesOf)],
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(tool => ({
            type: 'function' as const,
            function: { name: tool.name, description: tool.description, parameters: { ...tool.schema } },
          })),
        }),
  }
}

function messagesOf(message: Message): Param[] {
  if (message.role === 'assistant') {
    const content = textIn(message.blocks)
    const calls = message.blocks.flatMap(block =>
      block.type === 'tool_call'
        ? [
            {
              id: block.id,
              type: 'function' as const,
              function: { name: block.name, arguments: JSON.stringify(block.input) },
            },
          ]
        : [],
    )
    return [
      { role: 'assistant', content: content || null, ...(calls.length > 0 ? { tool_calls: calls } : {}) },
    ]
  }
  const results = message.blocks.flatMap((block): Param[] =>
    block.type === 'tool_result' ? [{ role: 'tool', tool_call_id: block.callId, content: block.text }] : [],
  )
  const files = message.blocks.flatMap(fileOf)
  const text = textIn(message.blocks)
  if (files.length > 0)
    return [...results, { role: 'user', content: [{ type: 'text', text: text || '(a file)' }, ...files] }]
  return text ? [...results, { role: 'user', content: text }] : results
}

/** This API takes pictures and PDFs as parts of their own; plain text stands as text, under its name. */
function fileOf(block: Block): Readonly<Record<string, unknown>>[] {
  if (block.type === 'image')
    return [{ type: 'image_url', image_url: { url: `data:${block.mime};base64,${block.data}` } }]
  if (block.type !== 'document') return []
  if (block.mime === 'text/plain') return [{ type: 'text', text: `[${block.name}]\n${block.data}` }]
  const file_data = `data:application/pdf;base64,${block.data}`
  return [{ type: 'file', file: { filename: block.name, file_data } }]
}

const textIn = (blocks: readonly Block[]): string =>
  blocks
    .flatMap(block => (block.type === 'text' || block.type === 'context' ? [block.text] : []))
    .join('\n\n')
