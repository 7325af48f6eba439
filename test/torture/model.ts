// A model that uses tools before it answers, and answers with the word of every message it was asked.
import { type Answer, say, type WireRequest } from '../support/fake-anthropic.ts'

/** What it says to a request, decided by the request alone: a repeated request gets the same. */
export function tortured(body: WireRequest): Answer {
  const { words, steps } = unanswered(body)
  const newest = words.at(-1) ?? 'm0.'
  const number = Number(newest.slice(1, -1))
  const delayMs = Math.random() * 120
  const planned = number % 11 === 0 ? 1 : number % 3 === 0 ? 2 : number % 2
  if (steps < planned) {
    const call =
      number % 11 === 0
        ? { name: 'message', input: { to: 'Bob', text: `a note about ${newest}` } }
        : { name: 'todo', input: { items: [{ text: newest }] } }
    return say('', { calls: [call], delayMs })
  }
  return say(`answering ${words.join(' ')} now`, { delayMs, paceMs: Math.random() < 0.3 ? 15 : 0 })
}

/** The words of the messages since the last answer, and the steps taken since. */
function unanswered({ messages }: WireRequest): { words: string[]; steps: number } {
  const words: string[] = []
  let steps = 0
  for (const { role, content } of messages) {
    if (role === 'assistant') {
      if (content.some(block => block.type === 'tool_use')) steps++
      else {
        words.length = 0
        steps = 0
      }
      continue
    }
    for (const block of content) {
      // Messages before it belong to a turn that waits, and that answers them itself.
      if (/^Waiting for a person/.test(String(block.content))) {
        words.length = 0
        steps = 0
      }
      const [, word] = /^please answer (m\d+\.)$/.exec(block.text ?? '') ?? []
      if (word) words.push(word)
    }
  }
  return { words, steps }
}

export const isAnswer = (text: string): boolean => text.startsWith('answering ')
export const wordsOf = (text: string): string[] => text.match(/m\d+\./g) ?? []
