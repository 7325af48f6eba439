// A model on loopback that speaks the Anthropic wire format: what it says, and how fast, is decided by the test.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Said =
  | string
  /** Words with a pause after each. */
  | { readonly words: readonly string[]; readonly pauseMs: number }
  | { readonly tool: string; readonly input: unknown }

export interface ModelServer extends AsyncDisposable {
  readonly url: string
  /** The last user text of each request. */
  readonly heard: string[]
}

interface Request {
  messages: { role: string; content: string | { type: string; text?: string }[] }[]
}

/** `answer` is given the newest user text, or null after a tool's result. */
export async function openModelServer(answer: (text: string | null) => Said): Promise<ModelServer> {
  const heard: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { messages } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Request
    const last = messages.at(-1)!
    const blocks = typeof last.content === 'string' ? [{ type: 'text', text: last.content }] : last.content
    const text = blocks.some(block => block.type === 'tool_result')
      ? null
      : (blocks.findLast(block => block.type === 'text')?.text ?? '')
    if (text !== null) heard.push(text)
    await stream(response, answer(text)).catch(() => response.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

async function stream(response: ServerResponse, said: Said): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  const usage = {
    input_tokens: 100,
    output_tokens: 1,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
  }
  send('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'test',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  })
  const tool = typeof said === 'object' && 'tool' in said ? said : null
  send('content_block_start', {
    index: 0,
    content_block: tool
      ? { type: 'tool_use', id: `toolu_${Date.now()}`, name: tool.tool, input: {} }
      : { type: 'text', text: '' },
  })
  if (tool)
    send('content_block_delta', {
      index: 0,
      delta: { type: 'input_json_delta', partial_json: JSON.stringify(tool.input) },
    })
  else {
    const { words, pauseMs } =
      typeof said === 'string'
        ? { words: [said], pauseMs: 0 }
        : (said as { words: string[]; pauseMs: number })
    for (const text of words) {
      if (response.destroyed) return
      send('content_block_delta', { index: 0, delta: { type: 'text_delta', text } })
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }
  send('content_block_stop', { index: 0 })
  send('message_delta', {
    delta: { stop_reason: tool ? 'tool_use' : 'end_turn', stop_sequence: null },
    usage: { output_tokens: 20 },
  })
  send('message_stop', {})
  response.end()
}
