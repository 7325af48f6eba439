// A request as Anthropic's Messages API takes it, with cache breakpoints where the design puts them.
import type Anthropic from '@anthropic-ai/sdk'
import type { Block } from '../../store/entry.ts'
import type { Message, ModelRequest } from '../model.ts'

type Params = Anthropic.MessageCreateParamsStreaming
type Content = Anthropic.ContentBlockParam

const short = { cache_control: { type: 'ephemeral' } } as const
const long = { cache_control: { type: 'ephemeral', ttl: '1h' } } as const

export function paramsOf(request: ModelRequest): Params {
  const { stable, session } = request.system
  const cached = request.keepLong ? long : short
  return {
    model: request.model,
    max_tokens: request.maxTokens,
    stream: true,
    ...(request.tools.length === 0
      ? {}
      : {
          tools: request.tools.map(tool => ({
            name: tool.name,
            description: tool.description,
            input_schema: tool.schema as Anthropic.Tool.InputSchema,
          })),
        }),
    system: [
      { type: 'text', text: stable, ...cached },
      ...(session ? [{ type: 'text', text: session, ...cached } as const] : []),
    ],
    messages: request.messages.map(message => messageOf(message, cached)),
  }
}

function messageOf(message: Message, cached: typeof short | typeof long): Anthropic.MessageParam {
  const content = message.blocks.flatMap(contentOf)
  const last = content.at(-1)
  if (message.breakpoint && last && last.type !== 'thinking' && last.type !== 'redacted_thinking') {
    content[content.length - 1] = { ...last, ...cached } as Content
  }
  return { role: message.role, content: content.length > 0 ? content : [{ type: 'text', text: '(empty)' }] }
}

function contentOf(block: Block): Content[] {
  switch (block.type) {
    case 'text':
    case 'context':
      return block.text.trim() ? [{ type: 'text', text: block.text }] : []
    case 'thinking':
      if (block.data !== undefined) return [{ type: 'redacted_thinking', data: block.data }]
      return block.signature === undefined
        ? []
        : [{ type: 'thinking', thinking: block.text, signature: block.signature }]
    case 'tool_call':
      return [{ type: 'tool_use', id: block.id, name: block.name, input: block.input }]
    case 'tool_result':
      return [
        { type: 'tool_result', tool_use_id: block.callId, content: block.text, is_error: block.isError },
      ]
    case 'image':
      return [
        {
          type: 'image',
          source: {
            type: 'base64',
            media_type: block.mime as Anthropic.Base64ImageSource['media_type'],
            data: block.data,
          },
        },
      ]
    case 'document':
      return [
        {
          type: 'document',
          title: block.name,
          source:
            block.mime === 'application/pdf'
              ? { type: 'base64', media_type: 'application/pdf', data: block.data }
              : { type: 'text', media_type: 'text/plain', data: block.data },
        },
      ]
    default:
      return block satisfies never
  }
}
