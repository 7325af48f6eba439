// A chat completions endpoint on loopback: streams text and tool calls, or refuses.
import { bodyOf, openLoopback, sendJson } from './loopback.ts'

export type ChatAnswer =
  | {
      readonly headers?: Readonly<Record<string, string>>
      readonly text?: string
      readonly calls?: readonly { readonly name: string; readonly json: string; readonly id?: string }[]
    }
  | { readonly status: number; readonly message: string }
  /** Whole chunks as they are; `cut` breaks the connection after them. */
  | { readonly chunks: readonly object[]; readonly cut?: true }

export interface ChatRequest {
  readonly model: string
  readonly messages: readonly {
    readonly role: string
    readonly content: unknown
    readonly tool_call_id?: string
  }[]
  readonly tools?: readonly { readonly function: { readonly name: string } }[]
}

export interface FakeOpenAI extends AsyncDisposable {
  /** For `base_url`. */
  readonly url: string
  readonly requests: readonly { readonly body: ChatRequest; readonly authorization: string | undefined }[]
  answer: (body: ChatRequest) => ChatAnswer
}

export async function openFakeOpenAI(): Promise<FakeOpenAI> {
  const requests: { body: ChatRequest; authorization: string | undefined }[] = []
  const server = await openLoopback(async (request, response) => {
    const body = JSON.parse((await bodyOf(request)).toString('utf8')) as ChatRequest
    requests.push({ body, authorization: request.headers.authorization })
    const answer = fake.answer(body)
    if ('status' in answer)
      return sendJson(response, answer.status, { error: { message: answer.message, type: 'fake' } })
    const headers = 'headers' in answer ? answer.headers : {}
    response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
    if ('chunks' in answer) {
      for (const one of answer.chunks) response.write(`data: ${JSON.stringify(one)}\n\n`)
      if (!answer.cut) return void response.end('data: [DONE]\n\n')
      // What was said is to arrive before the break.
      return void setTimeout(() => response.destroy(), 50)
    }
    const chunk = (delta: object, finish: string | null, more: object = {}) =>
      response.write(
        `data: ${JSON.stringify({ id: 'chat', object: 'chat.completion.chunk', created: 0, model: body.model, choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`,
      )
    if (answer.text) chunk({ role: 'assistant', content: answer.text }, null)
    for (const [index, call] of (answer.calls ?? []).entries()) {
      const half = Math.ceil(call.json.length / 2)
      const id = call.id ?? `call_${requests.length}_${index}`
      chunk(
        {
          tool_calls: [
            {
              index,
              id,
              type: 'function',
              function: { name: call.name, arguments: call.json.slice(0, half) },
            },
          ],
        },
        null,
      )
      chunk({ tool_calls: [{ index, function: { arguments: call.json.slice(half) } }] }, null)
    }
    chunk({}, answer.calls?.length ? 'tool_calls' : 'stop', {
      usage: { prompt_tokens: 50, completion_tokens: 5, total_tokens: 55 },
    })
    response.end('data: [DONE]\n\n')
  })
  const fake: FakeOpenAI = {
    url: `${server.url}/v1`,
    requests,
    answer: body => ({ text: `heard: ${String(body.messages.at(-1)?.content ?? '')}` }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return fake
}
