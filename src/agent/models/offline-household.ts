// What the offline model understands of reminders, people and the configuration.
import { call, type Rule } from './offline-rule.ts'

const action =
  (tool: string, name: string, input: (found: RegExpExecArray) => object = () => ({})): Rule['say'] =>
  (found, request) =>
    call(request, tool, { action: name, ...input(found) })

const levels = '(familiar|inner|full)'
export const householdRules: readonly Rule[] = [
  {
    pattern:
      /^(?:(?:what is|what’s|what's|show(?: me)?|list) (?:scheduled|the schedule|(?:all |my |the )*(?:reminders|jobs))|(?:what|which) (?:reminders|jobs) (?:do i have|are (?:there|set)))\??$/i,
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
    pattern: new RegExp(
      `^(?:please )?add (?:my \\w+ )?([^\\s,]+),? (?:as ${levels},? (?:on )?([a-z]+:\\S+?)|(?:on )?([a-z]+:[^\\s,]+),? (?:as )?${levels})\\.?$`,
      'i',
    ),
    tool: 'config',
    say: action('config', 'patch', ([, name, first, to, match = to, trust = first]) => ({
      changes: [{ key: 'users', value: [{ name, trust: trust!.toLowerCase(), match: [match] }] }],
      why: `${name} is to be let in`,
    })),
  },
  {
    pattern: /^(?:please )?(?:add|invite|let in) (?:my \w+ )?(\p{Lu}[\p{L}’'-]*)\.?$/u,
    say: ([, name]) =>
      `Let ${name} write to me once; I then give you a code, and “add ${name} as familiar CODE” lets them in, or inner, or full. With their id at hand: “add ${name} as familiar telegram:123456”.`,
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
    pattern:
      /^(?:please )?(?:call yourself|your (?:new )?name is(?: now)?|(?:i will|i[’']ll) call you) (\p{L}[\p{L}’'-]{1,30})[.!]?$/iu,
    tool: 'coop',
    say: action('coop', 'name', ([, find]) => ({ find })),
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
