// A Messages API on loopback: streams what a test scripts, and keeps every request as it came.
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { bodyOf, clock, openLoopback, sendJson } from './loopback.ts'

export interface FakeUsage {
  readonly input_tokens?: number
  readonly output_tokens?: number
  readonly cache_read_input_tokens?: number
  readonly cache_creation_input_tokens?: number
}

export interface FakeCall {
  readonly name: string
  readonly input?: unknown
  /** Sent as it is instead of `input`: broken JSON, say. */
  readonly json?: string
  /** Made unique if absent. */
  readonly id?: string
}

/** What the fake does with one request. */
export type Answer =
  | {
      readonly kind: 'message'
      readonly text: string
      readonly thinking?: string
      readonly calls?: readonly FakeCall[]
      readonly stop?: string
      readonly usage?: FakeUsage
      readonly headers?: Readonly<Record<string, string>>
      /** Before the first byte, milliseconds. */
      readonly delayMs?: number
      /** Between pieces of text, milliseconds. */
      readonly paceMs?: number
      /** Ends the connection, or goes silent, after the text and before the message is over. */
      readonly breaks?: 'cut' | 'hang' | 'overloaded'
    }
  | {
      readonly kind: 'error'
      readonly status: number
      readonly message?: string
      readonly type?: string
      readonly retryAfterS?: number
    }
  /** These bytes as the body of an event stream. */
  | { readonly kind: 'raw'; readonly body: string }
  /** No byte ever. */
  | { readonly kind: 'hang' }
  /** The connection breaks at once. */
  | { readonly kind: 'drop' }

export const say = (
  text: string,
  more: Partial<Extract<Answer, { kind: 'message' }>> = {},
): Extract<Answer, { kind: 'message' }> => ({ kind: 'message', text, ...more })
export const use = (name: string, input: unknown, more: Partial<FakeCall> = {}): Answer =>
  say('', { calls: [{ name, input, ...more }] })
export const refuse = (status: number, message?: string, retryAfterS?: number): Answer => ({
  kind: 'error',
  status,
  ...(message === undefined ? {} : { message }),
  ...(retryAfterS === undefined ? {} : { retryAfterS }),
})

interface WireBlock {
  readonly type: string
  readonly text?: string
  readonly content?: unknown
  readonly [key: string]: unknown
}

export interface WireMessage {
  readonly role: 'user' | 'assistant'
  readonly content: readonly WireBlock[]
}

export interface WireRequest {
  readonly model: string
  readonly system: readonly WireBlock[]
  readonly messages: readonly WireMessage[]
  readonly tools?: readonly { readonly name: string }[]
}

export interface Recorded {
  /** The body, byte for byte. */
  readonly raw: string
  readonly body: WireRequest
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Milliseconds since 1970 when the whole request had arrived, and when the last byte had left. */
  readonly at: number
  endedAt: number | null
}

export interface FakeAnthropic extends AsyncDisposable {
  /** For ANTHROPIC_BASE_URL. */
  readonly url: string
  readonly requests: readonly Recorded[]
  /** What the next requests get, one each; then `otherwise` decides. */
  next(...answers: readonly Answer[]): void
  /** By default an echo: “heard: ” and the newest words. */
  otherwise: (request: Recorded) => Answer | Promise<Answer>
}

export async function openFakeAnthropic(): Promise<FakeAnthropic> {
  const requests: Recorded[] = []
  const queue: Answer[] = []
  let counter = 0
  const server = await openLoopback(async (request, response) => {
    const bytes = await bodyOf(request)
    if (request.method !== 'POST' || !request.url?.endsWith('/v1/messages')) {
      return sendJson(response, 404, errorBody('not_found_error', 'no such path'))
    }
    // Read when somebody looks: a model that answers at once has no time for it.
    let raw: string | undefined
    let body: WireRequest | undefined
    const recorded: Recorded = {
      get raw() {
        return (raw ??= bytes.toString('utf8'))
      },
      get body() {
        return (body ??= JSON.parse(this.raw) as WireRequest)
      },
      headers: request.headers,
      at: clock(),
      endedAt: null,
    }
    requests.push(recorded)
    response.once('finish', () => {
      recorded.endedAt = clock()
    })
    const answer = queue.shift() ?? (await fake.otherwise(recorded))
    await give(answer, response, `msg_${++counter}`)
  })
  const fake: FakeAnthropic = {
    url: server.url,
    requests,
    next: (...answers) => void queue.push(...answers),
    otherwise: request => say(`heard: ${newest(request.body)}`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
  return fake
}

/** The person's newest words in a request, without what the gateway put beside them. */
export const newest = (body: WireRequest): string => wordsIn(body).at(-1) ?? ''

/** Every text block of the user's side, oldest first; lines of the gateway in brackets left out. */
export const wordsIn = (body: WireRequest): string[] =>
  body.messages.flatMap(message =>
    message.role === 'user'
      ? message.content.flatMap(block =>
          block.type === 'text' && block.text !== undefined && !/^\[\w{3} \d/.test(block.text)
            ? [block.text]
            : [],
        )
      : [],
  )

/** The results of the tools that the last step called. */
export const resultsIn = (body: WireRequest): { text: string; isError: boolean }[] =>
  (body.messages.at(-1)?.content ?? []).flatMap(block =>
    block.type === 'tool_result' ? [{ text: String(block.content), isError: block.is_error === true }] : [],
  )

const errorTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
}

const errorBody = (type: string, message: string) => ({ type: 'error', error: { type, message } })

async function give(answer: Answer, response: ServerResponse, id: string): Promise<void> {
  if (answer.kind === 'hang') return
  if (answer.kind === 'drop') return void response.destroy()
  if (answer.kind === 'error') {
    const type = answer.type ?? errorTypes[answer.status] ?? 'api_error'
    const after = answer.retryAfterS === undefined ? {} : { 'retry-after': String(answer.retryAfterS) }
    return sendJson(response, answer.status, errorBody(type, answer.message ?? type), after)
  }
  if (answer.kind === 'message' && answer.delayMs) await sleep(answer.delayMs)
  response.writeHead(200, {
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    ...(answer.kind === 'message' ? answer.headers : {}),
  })
  if (answer.kind === 'raw') return void response.end(answer.body)
  await stream(answer, response, id)
}

async function stream(
  answer: Extract<Answer, { kind: 'message' }>,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const event = (type: string, fields: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`)
  const usage = {
    input_tokens: 100,
    output_tokens: 1,
    cache_read_input_tokens: 0,
    cache_creation_input_tokens: 0,
    ...answer.usage,
  }
  let index = 0
  const block = async (start: object, deltas: readonly object[]) => {
    event('content_block_start', { index, content_block: start })
    for (const delta of deltas) {
      event('content_block_delta', { index, delta })
      if (answer.paceMs) await sleep(answer.paceMs)
    }
    if (!answer.breaks) event('content_block_stop', { index })
    index++
  }
  event('message_start', {
    message: {
      id,
      type: 'message',
      role: 'assistant',
      model: 'fake',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage,
    },
  })
  event('ping', {})
  if (answer.thinking !== undefined) {
    const { thinking } = answer
    await block({ type: 'thinking', thinking: '', signature: '' }, [
      { type: 'thinking_delta', thinking },
      { type: 'signature_delta', signature: `signed:${thinking.length}` },
    ])
  }
  if (answer.text !== '') {
    const pieces = answer.paceMs ? (answer.text.match(/\S+\s*/g) ?? []) : [answer.text]
    await block(
      { type: 'text', text: '' },
      pieces.map(text => ({ type: 'text_delta', text })),
    )
  }
  if (answer.breaks === 'cut') {
    await sleep(20)
    return void response.destroy()
  }
  if (answer.breaks === 'hang') return
  if (answer.breaks === 'overloaded') {
    event('error', { error: { type: 'overloaded_error', message: 'Overloaded' } })
    return void response.end()
  }
  for (const [at, call] of (answer.calls ?? []).entries()) {
    const json = call.json ?? JSON.stringify(call.input ?? {})
    const pieces = json.match(/[\s\S]{1,65536}/g) ?? []
    await block(
      { type: 'tool_use', id: call.id ?? `toolu_${id}_${at}`, name: call.name, input: {} },
      pieces.map(partial_json => ({ type: 'input_json_delta', partial_json })),
    )
  }
  const stop = answer.stop ?? (answer.calls?.length ? 'tool_use' : 'end_turn')
  event('message_delta', {
    delta: { stop_reason: stop, stop_sequence: null },
    usage: { output_tokens: usage.output_tokens },
  })
  event('message_stop', {})
  response.end()
}
