// A small deterministic model inside Coop: for a first chat without a key, and for the real path in tests.
import type { Block } from '../../store/entry.ts'
import { waitingResult } from '../history.ts'
import type { Message, ModelEvent, ModelRequest } from '../model.ts'
import { countTokens, requestTokens } from '../tokens.ts'
import type { Adapter } from './adapter.ts'
import { questionAfter } from './offline-first.ts'
import { replyTo } from './offline-replies.ts'
import type { Said } from './offline-rule.ts'

/** Answers from the request alone; says what it is when asked or when it does not understand. */
export const offline = (): Adapter =>
  async function* (request, _endpoint, signal) {
    const said = answer(request)
    for (const piece of said.text.match(/\S+\s*/g) ?? []) {
      if (signal.aborted) break
      yield { type: 'text', delta: piece } satisfies ModelEvent
    }
    if (signal.aborted) {
      yield { type: 'failed', kind: 'aborted', message: 'stopped' }
      return
    }
    const blocks: Block[] = [
      ...(said.text ? [{ type: 'text', text: said.text } as const] : []),
      ...said.calls,
    ]
    yield {
      type: 'done',
      blocks,
      stop: said.calls.length > 0 ? 'tool_calls' : 'end',
      usage: { input: requestTokens(request), output: countTokens(said.text), cacheRead: 0, cacheWrite: 0 },
    }
  }

function answer(request: ModelRequest): Said {
  const last = request.messages.at(-1)
  const results = (last?.blocks ?? []).filter(block => block.type === 'tool_result')
  if (results.length > 0 && last?.blocks.at(-1)?.type === 'text') {
    // Who writes on while a call waits for a yes is answered, not told again that it waits.
    const done = results.flatMap(({ text }) => (text === waitingResult ? [] : [text]))
    const reply = replyTo(wordsOf(last), request)
    return { ...reply, text: [...done, reply.text].filter(Boolean).join('\n\n') }
  }
  if (results.length > 0) {
    const said = [...results.map(block => block.text), questionAfter(request)]
    return { text: said.filter(Boolean).join('\n\n'), calls: [] }
  }
  return replyTo(wordsOf(last), request)
}

/** What the person wrote last, without what Coop put beside it. */
function wordsOf(message: Message | undefined): string {
  return (message?.blocks ?? []).flatMap(block => (block.type === 'text' ? [block.text] : [])).at(-1) ?? ''
}
