// How the offline model leads a first conversation: the questions of BOOTSTRAP.md, one after another.
import type { ModelRequest } from '../model.ts'
import { call, type Said } from './offline-rule.ts'

const questions = {
  name: 'What shall I be called?',
  matters: 'What matters to you most in the coming weeks?',
  people: 'Who else should be able to write to me, and how far is each trusted: familiar, inner or full?',
  channel: 'Over which channel do you want to write: telegram, discord, signal, or the terminal here?',
} as const
type Topic = keyof typeof questions
const order: readonly Topic[] = ['name', 'matters', 'people', 'channel']

/** Whether BOOTSTRAP.md was given in this conversation, and is not over. */
export function isFirst({ messages, tools }: ModelRequest): boolean {
  if (!tools.some(tool => tool.name === 'coop')) return false
  const given = (text: string) =>
    messages.findLastIndex(message =>
      message.blocks.some(block => 'text' in block && block.text.includes(text)),
    )
  return given('# First conversation') > given('The first conversation is over')
}

/** What a conversation that has just begun is led with; empty later on. */
export const firstQuestion = (request: ModelRequest): string =>
  isFirst(request) && !order.some(topic => wasAsked(topic, request)) ? questions.name : ''

/** The question that follows once the tool that an answer led to is done; empty after any other call. */
export function questionAfter(request: ModelRequest): string {
  const calls = request.messages
    .findLast(message => message.role === 'assistant')
    ?.blocks.flatMap(block =>
      block.type === 'tool_call' ? [block.input as { action?: string; text?: string }] : [],
    )
  const led = calls?.some(({ action, text }) => action === 'name' || text?.startsWith(mattersMost))
  return led && isFirst(request) ? nextQuestion(request) : ''
}

const mattersMost = 'What matters most in the coming weeks: '

/** The first that was not asked yet. */
function nextQuestion(request: ModelRequest): string {
  const next = order.find(topic => !wasAsked(topic, request))
  return next ? questions[next] : ''
}

/** What an answer to the question that was asked last leads to; null if it is none. */
export function answerTo(words: string, request: ModelRequest): Said | null {
  const pending = order.find(topic => lastSaid(request).endsWith(questions[topic]))
  const skipped = /^(?:later|skip|no|none|nobody|no one|nothing)\b/i.test(words)
  switch (pending) {
    case 'name': {
      const name =
        /^(?:you are |you’re |your name is |call yourself )?([\p{Lu}][\p{L}’'-]{1,30})[.!]?$/u.exec(
          words,
        )?.[1]
      return name
        ? call(request, 'coop', { action: 'name', find: name })
        : skipped
          ? plain('', request)
          : null
    }
    case 'matters':
      if (skipped) return plain('', request)
      return call(request, 'memory_write', { text: `${mattersMost}${words}` })
    case 'people': {
      if (skipped) return plain('', request)
      const name = /^([\p{Lu}][\p{L}’'-]*)/u.exec(words)?.[1]
      return name
        ? plain(
            `Let ${name} write to me once; I then give you a code, and “add ${name} as familiar CODE” lets them in, or inner, or full.`,
            request,
          )
        : null
    }
    case 'channel': {
      const channel = /\b(telegram|discord|signal)\b/i.exec(words)?.[1]
      const over = { action: 'introduced' }
      if (channel)
        return both(call(request, 'coop', { action: 'help', find: channel }), call(request, 'coop', over))
      return skipped || /\b(?:terminal|here)\b/i.test(words) ? call(request, 'coop', over) : null
    }
    case undefined:
      return null
    default:
      return pending satisfies never
  }
}

const plain = (text: string, request: ModelRequest): Said => ({
  text: [text, nextQuestion(request)].filter(Boolean).join(' '),
  calls: [],
})

const both = (one: Said, other: Said): Said => ({
  text: '',
  calls: [...one.calls, ...other.calls.map(made => ({ ...made, id: `${made.id}_b` }))],
})

const saidBy = ({ messages }: ModelRequest): string[] =>
  messages
    .filter(message => message.role === 'assistant')
    .map(({ blocks }) => blocks.flatMap(block => (block.type === 'text' ? [block.text] : [])).join('\n'))

/** The last thing that was said in words. */
const lastSaid = (request: ModelRequest): string =>
  saidBy(request)
    .findLast(text => text !== '')
    ?.trim() ?? ''

const wasAsked = (topic: Topic, request: ModelRequest): boolean =>
  saidBy(request).some(text => text.includes(questions[topic]))
