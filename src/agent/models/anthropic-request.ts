// A request as Anthropic's Messages API takes it, with cache breakpoints where the design puts them.
import type Anthropic from '@anthropic-ai/sdk'
import type { Block } from '../../store/entry.ts'
import type { Message, ModelRequest } from '../model.ts'

type Content = Anthropic.ContentBlockParam

const short = { cache_control: { type: 'ephemeral' } } as const
const long = { cache_control: { type: 'ephemeral', ttl: '1h' } } as const

/** The request’s body: JSON as it goes over the wire. */
export function bodyOf(request: ModelRequest): Buffer {
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
  const messages = request.messages.map(message => messageBytes(message, cached))
  return list(Buffer.from(`${JSON.stringify(head).slice(0, -1)},"messages":[`), messages, Buffer.from(']}'))
}

const comma = 44

/** `items` with commas between them, in one piece. */
function list(begin: Buffer, items: readonly Buffer[], end: Buffer): Buffer {
  const length = items.reduce((sum, item) => sum + item.length + 1, begin.length + end.length)
  const all = Buffer.allocUnsafeSlow(items.length === 0 ? length : length - 1)
  all.set(begin)
  let at = begin.length
  for (const item of items) {
    if (at > begin.length) all[at++] = comma
    all.set(item, at)
    at += item.length
  }
  all.set(end, at)
  return all
}

/** Bytes of a message that are kept: files are megabytes, and not to be held twice. */
const mostKept = 100_000

/** What a conversation holds is sent with each of its messages, and is the same bytes each time. */
const written = new WeakMap<readonly Block[], Buffer>()
/** Results stand in a list that is made anew each time. */
const results = new WeakMap<Block, string>()

function messageBytes({ role, blocks, breakpoint }: Message, cached: typeof short | typeof long): Buffer {
  const known = breakpoint ? undefined : written.get(blocks)
  if (known) return known
  const said = blocks.filter(isSaid)
  const content = said.map((block, index) => {
    // Thinking takes no mark.
    const marked = breakpoint && index === said.length - 1 && block.type !== 'thinking'
    return marked ? JSON.stringify({ ...contentOf(block), ...cached }) : textOf(block)
  })
  const bytes = Buffer.from(
    `{"role":"${role}","content":[${content.join() || '{"type":"text","text":"(empty)"}'}]}`,
  )
  if (!breakpoint && bytes.length <= mostKept) written.set(blocks, bytes)
  return bytes
}

function textOf(block: Block): string {
  let text = results.get(block)
  if (text !== undefined) return text
  text = JSON.stringify(contentOf(block))
  if (block.type === 'tool_result' && text.length <= mostKept) results.set(block, text)
  return text
}

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
