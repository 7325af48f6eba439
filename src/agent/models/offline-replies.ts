// What the offline model says and which tool it uses: plain patterns, each a sentence a person might type.
import type { ModelRequest } from '../model.ts'
import { answerTo, firstQuestion, isFirst } from './offline-first.ts'
import { examplesFor, handRules } from './offline-hands.ts'
import { householdRules } from './offline-household.ts'
import { call, type Rule, type Said } from './offline-rule.ts'
import { timeRules } from './offline-times.ts'

const identity = 'I am Coop’s built-in offline model: a few rules, no network and no real understanding.'

const rules: readonly Rule[] = [
  { pattern: /^<conversation>\n([\s\S]*)<\/conversation>$/, long: true, say: ([, text]) => notesOn(text!) },
  {
    pattern: /^use (?:the )?(?:tool )?([a-z_]+)(?: tool)?(?: with)?\s*(?:(\{[\s\S]*\})\s*)?\.?$/i,
    long: true,
    say: ([, name, json], request) => {
      if (!request.tools.some(tool => tool.name === name))
        return `I have no tool “${name}” here. ${toolList(request)}`
      try {
        return call(request, name!, json ? JSON.parse(json) : {})
      } catch {
        return 'The arguments after the tool’s name must be JSON, like: use todo {"items": []}'
      }
    },
  },
  {
    pattern: /^(?:todo|to do):\s*(.+)$/is,
    tool: 'todo',
    say: ([, list], request) =>
      call(request, 'todo', {
        items: list!.split(/[;\n]/).flatMap(text => (text.trim() ? [{ text: text.trim() }] : [])),
      }),
  },
  {
    pattern: /^(?:show (?:me )?)?(?:my |the )?(?:todo|to-do)(?: list)?\??$/i,
    tool: 'todo',
    say: (_, request) => call(request, 'todo', {}),
  },
  {
    pattern: /^(?:please )?remember (?:that |this: ?)?([\s\S]+)$/i,
    tool: 'memory_write',
    long: true,
    say: ([, text], request) => call(request, 'memory_write', { text: text!.replace(/(?<!\s)\s*\.$/, '') }),
  },
  {
    pattern: /^(?:please )?(?:correct that|correct this|correction|correct ([0-9a-f]{8}))[:,]?\s+([\s\S]+)$/i,
    tool: 'memory_write',
    say: ([, id, text], request) => {
      const replaces = id ?? lastRemembered(request)
      if (replaces === undefined)
        return 'Say which memory is no longer so, like: correct 1a2b3c4d: the new words'
      return call(request, 'memory_write', { text: text!.replace(/\s*\.$/, ''), replaces })
    },
  },
  {
    pattern:
      /^(?:what do you (?:know|remember)|do you (?:know|remember)(?: anything)?|search (?:your )?memory)(?: about| of| for)?\s+(.+?)\??$/i,
    tool: 'memory_search',
    say: ([, query], request) => call(request, 'memory_search', { query }),
  },
  {
    pattern: /^(?:please )?forget (?:that |about |everything about )?([\s\S]+)$/i,
    tool: 'memory_write',
    say: ([, query], request) =>
      call(request, 'memory_write', { action: 'forget', query: query!.replace(/\s*\.$/, ''), sources: true }),
  },
  {
    pattern: /^(?:tell|message|write to) (\S+)(?: that|:)?\s+([\s\S]+)$/i,
    tool: 'message',
    say: ([, to, text], request) => call(request, 'message', { to: to!.replace(/[:,]$/, ''), text }),
  },
  ...timeRules,
  ...handRules,
  ...householdRules,
  { pattern: /\b(?:who|what) are you\b/i, say: (_, request) => `${identity} ${toolList(request)}` },
  {
    pattern: /\b(?:what can you do|help me|which tools|what tools)\b/i,
    say: (_, request) => `${toolList(request)} ${identity}`,
  },
  { pattern: /\b(?:what time|what day|what date|today)\b/i, say: (_, request) => whenLine(request) },
  {
    pattern: /\bhow many messages\b/i,
    say: (_, request) => `You have sent ${spoken(request).length} messages that I can see.`,
  },
  {
    pattern: /\bwhat did i (?:just )?(?:say|write)\b/i,
    say: (_, request) => {
      const before = spoken(request).at(-2)
      return before ? `You wrote: “${before}”` : 'This is the first message that I can see.'
    },
  },
  {
    pattern: /^(?:hi|hello|hey|good (?:morning|evening|afternoon)|hallo|olá|ola|salut|bonjour)\b/i,
    say: () => 'Hello! I am listening.',
  },
  { pattern: /\b(?:thanks|thank you)\b/i, say: () => 'You are welcome.' },
  // What was remembered may know it.
  {
    pattern: /^(?:who|whose|what|which|when|where)\b[\s\S]*\?$/i,
    tool: 'memory_search',
    say: ([question], request) => call(request, 'memory_search', { query: question }),
  },
]

/** Characters: what is longer is no sentence of the kinds above, and looking for one would take minutes. */
const longestSentence = 4_000

/** The answer to `text`: the first rule that fits, else an honest echo. A first conversation begins with its first question. */
export function replyTo(text: string, request: ModelRequest): Said {
  const words = text.trim()
  const answered = isFirst(request) ? answerTo(words, request) : null
  const said = ruleFor(words, request) ?? answered ?? echo(words)
  const question = said.calls.length === 0 ? firstQuestion(request) : ''
  return question === '' ? said : { ...said, text: `${said.text} ${question}` }
}

function ruleFor(words: string, request: ModelRequest): Said | null {
  for (const rule of rules) {
    if (words.length > longestSentence && !rule.long) continue
    if (rule.tool !== undefined && !request.tools.some(tool => tool.name === rule.tool)) continue
    const found = rule.pattern.exec(words)
    if (!found) continue
    const said = rule.say(found, request)
    return typeof said === 'string' ? { text: said, calls: [] } : said
  }
  return null
}

function echo(words: string): Said {
  const shown = words.length > 300 ? `${words.slice(0, 300)}…` : words
  return {
    text: `You wrote: “${shown}”. ${identity} Set a key for a real model, or ask “what can you do?”.`,
    calls: [],
  }
}

function toolList(request: ModelRequest): string {
  const names = request.tools.map(tool => tool.name)
  if (names.length === 0) return 'I have no tools here.'
  const examples = examplesFor(request.tools) || `“use ${names[0]} {…}”`
  return `The tools here: ${names.join(', ')}. Try ${examples}.`
}

/** A conversation’s own sentences, shortened: without understanding, leaving out is all that can be done. */
function notesOn(conversation: string): string {
  const said = conversation.split('\n').filter(line => line !== '' && !line.startsWith('Agent'))
  return `Facts:\n${said
    .slice(-80)
    .map(line => line.slice(0, 240))
    .join('\n')}`
}

/** The line with the time that Coop put before the newest message. */
function whenLine(request: ModelRequest): string {
  const context = request.messages.at(-1)?.blocks.find(block => block.type === 'context')
  return context
    ? `By Coop’s clock: ${context.text.split('\n')[0]!.replace(/^\[|\]$/g, '')}`
    : 'I was not told the time.'
}

/** The id of what was remembered last in this conversation. */
function lastRemembered(request: ModelRequest): string | undefined {
  const texts = request.messages.flatMap(({ blocks }) =>
    blocks.map(block => ('text' in block ? block.text : '')),
  )
  return texts.flatMap(text => /\bRemembered in \w+ as ([0-9a-f]{8})/.exec(text)?.[1] ?? []).at(-1)
}

const spoken = (request: ModelRequest): string[] =>
  request.messages.flatMap(message =>
    message.role === 'user'
      ? message.blocks.flatMap(block => (block.type === 'text' ? [block.text] : []))
      : [],
  )
