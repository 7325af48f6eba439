// A request as Anthropic's Messages API takes it, with cache breakpoints where the design puts them.
import type Anthropic from '@anthropic-ai/sdk'
import type { Block } from '../../store/entry.ts'
import type { Message, ModelRequest } from '../model.ts'

type Content = Anthropic.ContentBlockParam

const short = { cache_control: { type: 'ephemeral' } } as const
const long = { cache_control: { type: 'ephemeral', ttl: '1h' } } as const

/** The request’s body, as JSON. */
export function bodyOf(request: ModelRequest): string {
  const { stable, session } = request.system
  const cached = request.keepLong ? long : short
  const head = {
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
  } satisfies Omit<Anthropic.MessageCreateParamsStreaming, 'messages'>
  const messages = request.messages.map(message => messageText(message, cached))
  return `${JSON.stringify(head).slice(0, -1)},"messages":[${messages.join()}]}`
}

/** Characters of what is kept written out: files are megabytes, and not to be held twice. */
const mostKept = 100_000

/** What a conversation holds is sent with each of its messages, and is the same text each time. */
const written = new WeakMap<Block | readonly Block[], string>()

function once<Key extends Block | readonly Block[]>(key: Key, write: (key: Key) => string): string {
  let text = written.get(key)
  if (text !== undefined) return text
  text = write(key)
  if (text.length <= mostKept) written.set(key, text)
  return text
}

function messageText({ role, blocks, breakpoint }: Message, cached: typeof short | typeof long): string {
  const content = breakpoint ? markedText(blocks.filter(isSaid), cached) : once(blocks, contentText)
  return `{"role":"${role}","content":[${content || '{"type":"text","text":"(empty)"}'}]}`
}

const contentText = (blocks: readonly Block[]): string => blocks.filter(isSaid).map(textOf).join()

function markedText(blocks: readonly Block[], cached: typeof short | typeof long): string {
  const last = blocks.at(-1)
  if (!last || last.type === 'thinking') return contentText(blocks)
  return [...blocks.slice(0, -1).map(textOf), JSON.stringify({ ...contentOf(last), ...cached })].join()
}

const textOf = (block: Block): string => once(block, () => JSON.stringify(contentOf(block)))

/** Without what this API refuses: empty text, and thinking that it did not sign. */
function isSaid(block: Block): boolean {
  if (block.type === 'text' || block.type === 'context') return block.text.trim() !== ''
  return block.type !== 'thinking' || block.data !== undefined || block.signature !== undefined
}

/** As this API takes names: those that another model gave, `functions.todo:0` say, would be refused with the whole conversation. */
const plain = (name: string): string => name.replace(/[^a-zA-Z0-9_-]/g, '_')

function contentOf(block: Block): Content {
  switch (block.type) {
    case 'text':
    case 'context':
      return { type: 'text', text: block.text }
    case 'thinking':
      return block.data === undefined
        ? { type: 'thinking', thinking: block.text, signature: block.signature ?? '' }
        : { type: 'redacted_thinking', data: block.data }
    case 'tool_call':
      return { type: 'tool_use', id: plain(block.id), name: plain(block.name), input: block.input }
    case 'tool_result':
      return {
        type: 'tool_result',
        tool_use_id: plain(block.callId),
        content: block.text,
        is_error: block.isError,
      }
    case 'image':
      return {
        type: 'image',
        source: {
          type: 'base64',
          media_type: block.mime as Anthropic.Base64ImageSource['media_type'],
          data: block.data,
        },
      }
    case 'document':
      return {
        type: 'document',
        title: block.name,
        source:
          block.mime === 'application/pdf'
            ? { type: 'base64', media_type: 'application/pdf', data: block.data }
            : { type: 'text', media_type: 'text/plain', data: block.data },
      }
    default:
      return block satisfies never
  }
}
