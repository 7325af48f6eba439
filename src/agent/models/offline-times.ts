// What the offline model understands of times: which words of a wish say when, and which say what.
import { parse } from 'chrono-node/en'
import { call, type Rule } from './offline-rule.ts'

interface Wish {
  readonly when: string
  readonly text: string
  readonly timezone?: string
}

const again = String.raw`(?:every|each|daily|(?:on )?week(?:day|end)s|(?:on )?(?:mon|tues|wednes|thurs|fri|satur|sun)days)\b`
const todo = /^[,:]?\s*(?:to|that|about|of)?\s+/i

/** The words that say when, at the beginning or at the end; null where neither holds a time. */
function wishIn(words: string): Wish | null {
  const first = new RegExp(
    String.raw`^(${again}[\s\S]*?)(?:\s+(?:to|that|about)\s+|[,:]\s+)(?!(?:and\s+)?\w+days?\b)([\s\S]+)$`,
    'i',
  )
  const last = new RegExp(
    String.raw`^(?:to|that|about|of)\s+([\s\S]+?)\s+(${again}[^,:]*(?::\d\d[^,:]*)?)$`,
    'i',
  )
  const colon = words.replace(/(\d):(\d\d)/g, '$1.$2')
  const begins = first.exec(colon)
  if (begins) return zoned(begins[1]!, words.slice(colon.length - begins[2]!.length))
  const ends = last.exec(words)
  if (ends) return zoned(ends[2]!, ends[1]!)
  const times = parse(words, undefined, { forwardDate: true })
  const [one, end] = [times[0], times.at(-1)]
  if (one?.index === 0) return zoned(one.text, words.slice(one.text.length))
  return end && end.index + end.text.length === words.length && todo.test(` ${words}`)
    ? zoned(end.text, words.slice(0, end.index))
    : null
}

/** “… in Lisbon time” names a zone by its city. */
function zoned(when: string, words: string): Wish | null {
  const text = ` ${words}`.replace(todo, '').trim()
  if (text === '') return null
  const [said, city] = /\s+in ([A-Z]\w+(?:\/\w+)*|[A-Z]\w+ [A-Z]\w+)(?: time)?$/.exec(when) ?? []
  if (!said || !city) return { when, text }
  const named = city.replace(' ', '_')
  const timezone = Intl.supportedValuesOf('timeZone').find(
    zone => zone === named || zone.endsWith(`/${named}`),
  )
  return { when: when.slice(0, -said.length), text, timezone: timezone ?? named }
}

const set =
  (kind: 'reminder' | 'task'): Rule['say'] =>
  ([, words], request) => {
    const wish = wishIn(words!.trim().replace(/[.!?]$/, ''))
    return wish
      ? call(request, 'schedule', { action: 'create', kind, ...wish })
      : 'Say when and what, like “remind me tomorrow at 8 to feed the cat” or “remind me every weekday at 7 to stretch”.'
  }

export const timeRules: readonly Rule[] = [
  {
    pattern:
      /^(?:please |(?:can|could|would) you )*(?:remind me|set (?:up )?a reminder)\b[,:]?(?: for me)?\s+([\s\S]+)$/i,
    tool: 'schedule',
    say: set('reminder'),
  },
  {
    pattern: new RegExp(String.raw`^(?:please )?(${again}[\s\S]+)$`, 'i'),
    tool: 'schedule',
    say: set('task'),
  },
]
