// What becomes of a message, from who wrote, where, and what the rules say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clear, groupOf } from '../../src/access/clear.ts'
import { type Group, type Household, identify } from '../../src/access/household.ts'
import type { Level } from '../../src/access/levels.ts'
import { chooseRoute, type Route } from '../../src/gateway/route.ts'
import { group, householdOf, person } from '../access/make.ts'
import { messageFrom } from '../trust/house.ts'

const commands = new Map<string, Level>([
  ['help', 'familiar'],
  ['status', 'full'],
])

interface Case {
  sender?: string
  text?: string
  group?: Partial<Group> | null
  addressed?: boolean
  rules?: Partial<Household>
  publicToday?: number
  files?: boolean
}

function route(given: Case): Route {
  const groups = given.group ? [group({ ceiling: 'full', ...given.group })] : []
  const household = householdOf(
    [person('alice', 'full'), person('carol', 'familiar')],
    groups,
    given.rules ?? {},
  )
  const inGroup = given.group === undefined ? {} : { group: 'g', addressed: given.addressed ?? false }
  const plain = messageFrom('tele', `t-${given.sender ?? 'alice'}`, given.text ?? 'hello', inGroup)
  const attachment = { kind: 'image', name: 'a.jpg', mime: 'image/jpeg', handle: 'h' } as const
  const inbound = given.files ? { ...plain, attachments: [attachment] } : plain
  const speaker = identify(inbound.sender, household)
  const { place } = inbound
  const listening = { kind: 'list', ids: ['t-alice', 't-carol'] } as const
  return chooseRoute(inbound, {
    speaker,
    clearance: clear(speaker, place, listening, household),
    household,
    group: place.kind === 'group' ? groupOf(place, household) : undefined,
    publicToday: given.publicToday ?? 0,
    commands,
  })
}

const cases: readonly (readonly [string, Case, Route])[] = [
  ['a known person’s message is a turn', {}, { kind: 'turn' }],
  ['white space alone is nothing', { text: ' \n ' }, { kind: 'ignore', reason: 'empty' }],
  ['an unknown command is told to be one', { text: '/hepl me' }, { kind: 'unknown command', name: 'hepl' }],
  ['a path is no command', { text: '/etc/hosts is gone' }, { kind: 'turn' }],
  ['the word that opens a chat on Telegram is a message', { text: '/start' }, { kind: 'turn' }],
  ['a picture under an unknown command is a turn', { text: '/draw', files: true }, { kind: 'turn' }],
  [
    'an unknown command in a group is other programs’ business',
    { text: '/roll', group: { trigger: 'always' } },
    { kind: 'turn' },
  ],
  [
    'unless the agent is addressed',
    { text: '/roll', group: {}, addressed: true },
    { kind: 'unknown command', name: 'roll' },
  ],
  ['a picture without words is a turn', { text: '', files: true }, { kind: 'turn' }],
  ['a stranger is paired', { sender: 'mallory' }, { kind: 'pair' }],
  ['a stranger’s command is paired too', { sender: 'mallory', text: '/status' }, { kind: 'pair' }],
  [
    'a stranger is ignored where that is the rule',
    { sender: 'mallory', rules: { unknown: 'ignore' } },
    { kind: 'ignore', reason: 'stranger' },
  ],
  [
    'a stranger is answered where that is the rule',
    { sender: 'mallory', rules: { unknown: 'public' } },
    { kind: 'turn' },
  ],
  [
    'a stranger is not answered beyond the budget',
    { sender: 'mallory', rules: { unknown: 'public' }, publicToday: 20 },
    { kind: 'ignore', reason: 'public budget' },
  ],
  ['the budget is not for known people', { publicToday: 99 }, { kind: 'turn' }],
  [
    'an unlisted group is ignored',
    { group: null, addressed: true },
    { kind: 'ignore', reason: 'unlisted group' },
  ],
  ['a group’s talk is heard', { group: {} }, { kind: 'listen' }],
  ['a group’s message to the agent is a turn', { group: {}, addressed: true }, { kind: 'turn' }],
  [
    'a name counts as a mention',
    { group: { mentionNames: ['Coop'] }, text: 'ask coop, please' },
    { kind: 'turn' },
  ],
  ['part of a word does not', { group: { mentionNames: ['Coop'] }, text: 'cooperate' }, { kind: 'listen' }],
  ['trigger "always" answers all', { group: { trigger: 'always' } }, { kind: 'turn' }],
  [
    'trigger "regex" answers what fits',
    { group: { trigger: 'regex', triggerRegex: /^bot[,:]/iu }, text: 'Bot: hello' },
    { kind: 'turn' },
  ],
  ['a command with its rest', { text: '/help  me now' }, { kind: 'command', name: 'help', args: 'me now' }],
  ['a command in any case', { text: '/HELP' }, { kind: 'command', name: 'help', args: '' }],
  [
    'a command below level is a message in a direct chat',
    { sender: 'carol', text: '/status' },
    { kind: 'turn' },
  ],
  [
    'a command below level is ignored in a group',
    { sender: 'carol', text: '/status', group: {} },
    { kind: 'ignore', reason: 'command below level' },
  ],
  [
    'a command counts in a group without a mention',
    { text: '/help', group: {} },
    { kind: 'command', name: 'help', args: '' },
  ],
  [
    'a command above the group’s ceiling is ignored',
    { text: '/status', group: { ceiling: 'inner' } },
    { kind: 'ignore', reason: 'command below level' },
  ],
]

for (const [title, given, expected] of cases) test(title, () => assert.deepEqual(route(given), expected))
