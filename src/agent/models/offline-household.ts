// What the offline model understands of reminders, people and the configuration.
import { call, type Rule } from './offline-rule.ts'

const action =
  (tool: string, name: string, input: (found: RegExpExecArray) => object = () => ({})): Rule['say'] =>
  (found, request) =>
    call(request, tool, { action: name, ...input(found) })

const units: Record<string, string> = { s: 's', m: 'm', h: 'h', d: 'd' }
const numbers: Record<string, number> = {
  a: 1,
  an: 1,
  one: 1,
  two: 2,
  three: 3,
  five: 5,
  ten: 10,
  fifteen: 15,
  twenty: 20,
  thirty: 30,
}
const levels = '(familiar|inner|full)'
const days: Record<string, string> = {
  day: '*',
  weekday: '1-5',
  monday: '1',
  tuesday: '2',
  wednesday: '3',
  thursday: '4',
  friday: '5',
  saturday: '6',
  sunday: '0',
}

/** "7" or "7:30" as the fields of a rule. */
const rule = (time: string, day: string): string => {
  const [hour, minute = '0'] = time.split(':')
  return `${Number(minute)} ${Number(hour)} * * ${days[day.toLowerCase()]}`
}

export const householdRules: readonly Rule[] = [
  {
    pattern:
      /^(?:please )?remind me in (\d+|an?|one|two|three|five|ten|fifteen|twenty|thirty) (second|minute|hour|day)s? (?:to |that |of )?([\s\S]+)$/i,
    tool: 'schedule',
    say: action('schedule', 'create', ([, count, unit, text]) => ({
      kind: 'reminder',
      when: `+${numbers[count!.toLowerCase()] ?? count}${units[unit![0]!.toLowerCase()]}`,
      text,
    })),
  },
  {
    pattern: /^(?:please )?remind me at (\d{1,2}:\d{2}) (?:to |that |of )?([\s\S]+)$/i,
    tool: 'schedule',
    say: action('schedule', 'create', ([, when, text]) => ({ kind: 'reminder', when, text })),
  },
  {
    pattern:
      /^(?:please )?remind me every (day|weekday|\w+day) at (\d{1,2}(?::\d{2})?) (?:to |that |of )?([\s\S]+)$/i,
    tool: 'schedule',
    say: action('schedule', 'create', ([, day, time, text]) => ({
      kind: 'reminder',
      when: rule(time!, day!),
      text,
    })),
  },
  {
    pattern: /^every (day|weekday|\w+day) at (\d{1,2}(?::\d{2})?)(?: in ([A-Z]\w+\/\w+))?[,:]? ([\s\S]+)$/i,
    tool: 'schedule',
    say: action('schedule', 'create', ([, day, time, timezone, text]) => ({
      kind: 'task',
      when: rule(time!, day!),
      text,
      ...(timezone === undefined ? {} : { timezone }),
    })),
  },
  {
    pattern: /^(?:what is|what’s|what's|show) (?:scheduled|the schedule|my reminders)\??$/i,
    tool: 'schedule',
    say: action('schedule', 'list'),
  },
  {
    pattern: /^cancel (?:the )?(?:reminder|job) (.+?)\.?$/i,
    tool: 'schedule',
    say: action('schedule', 'cancel', ([, id]) => ({ id })),
  },
  {
    pattern: new RegExp(`^(?:please )?add (\\S+) as ${levels},? (?:with code )?([A-Z0-9]{6,8})\\.?$`, 'i'),
    tool: 'people',
    say: action('people', 'approve', ([, to, level, who]) => ({ who, to, level: level!.toLowerCase() })),
  },
  {
    pattern: new RegExp(`^(?:please )?add (\\S+) as ${levels},? (?:on )?([a-z]+:\\S+?)\\.?$`, 'i'),
    tool: 'config',
    say: action('config', 'patch', ([, name, trust, match]) => ({
      changes: [{ key: 'users', value: [{ name, trust: trust!.toLowerCase(), match: [match] }] }],
      why: `${name} is to be let in`,
    })),
  },
  {
    pattern: new RegExp(`^make (\\S+) ${levels}\\.?$`, 'i'),
    tool: 'people',
    say: action('people', 'level', ([, who, level]) => ({ who, level: level!.toLowerCase() })),
  },
  {
    pattern: /^merge (\S+) into (\S+?)\.?$/i,
    tool: 'people',
    say: action('people', 'merge', ([, who, to]) => ({ who, to })),
  },
  {
    pattern: /^rename (\S+) to (.+?)\.?$/i,
    tool: 'people',
    say: action('people', 'rename', ([, who, to]) => ({ who, to })),
  },
  {
    pattern: /^what would (\S+) (?:see|get)\??$/i,
    tool: 'people',
    say: action('people', 'would_see', ([, who]) => ({ who })),
  },
  { pattern: /^who (?:is known|do you know)\??$/i, tool: 'people', say: action('people', 'list') },
  {
    pattern: /^set ([\w.[\]:-]+) to (.+?)$/i,
    tool: 'config',
    say: action('config', 'patch', ([, key, words]) => ({
      changes: [{ key, value: literal(words!) }],
      why: 'asked for',
    })),
  },
  {
    pattern: /^what does ([\w.[\]:-]+) do\??$/i,
    tool: 'config',
    say: action('config', 'explain', ([, key]) => ({ key })),
  },
  {
    pattern: /^(?:show )?(?:the )?config(?:uration)? history\??$/i,
    tool: 'config',
    say: action('config', 'history'),
  },
  {
    pattern: /^(?:roll back|undo) the (?:last )?(?:change of the )?config(?:uration)?(?: change)?\.?$/i,
    tool: 'config',
    say: action('config', 'rollback', () => ({ why: 'asked for' })),
  },
  {
    pattern: /^why didn[’']t you (?:reply|answer)\b/i,
    tool: 'coop',
    say: action('coop', 'status'),
  },
  {
    pattern: /^how (?:do|can) (?:i|we|you) (.+?)\??$/i,
    tool: 'coop',
    say: action('coop', 'help', ([, find]) => ({ find })),
  },
]

function literal(words: string): unknown {
  try {
    return JSON.parse(words)
  } catch {
    return words
  }
}
