// What is wrong with a coop.toml is said with its line, its key and what to do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { describeKeys } from '../../src/config/describe.ts'
import { describeProblem, parseConfig } from '../../src/config/parse.ts'

const agent = '[agent]\nid = "coop"\n'

/** The problems as a person reads them. */
function problems(text: string): string[] {
  const parsed = parseConfig(text)
  return parsed.ok ? [] : parsed.problems.map(problem => describeProblem(problem, 'coop.toml'))
}

const user = (more: string) => `${agent}[[users]]\nname = "Alice"\ntrust = "full"\n${more}\n`

const cases: readonly (readonly [string, string, RegExp])[] = [
  ['no [agent]', '', /^coop\.toml: agent: /],
  ['broken TOML', `${agent}x = = 1`, /^coop\.toml:3: /],
  [
    'an unknown key',
    `${agent}modle = "a/b"`,
    /^coop\.toml:3: agent\.modle: unknown key; did you mean "model"\?$/,
  ],
  ['an unknown table', `${agent}[acess]\n`, /^coop\.toml:3: acess: unknown key; did you mean "access"\?$/],
  [
    'a key that is like no other',
    `${agent}[sessions]\nzzzzzzzz = 1`,
    /^coop\.toml:4: sessions\.zzzzzzzz: unknown key; known here: direct$/,
  ],
  ['a wrong type', `${agent}model = 5`, /^coop\.toml:3: agent\.model: .*expected string/],
  ['an unknown level', user('').replace('"full"', '"total"'), /^coop\.toml:5: users\[0\]\.trust: /],
  [
    'a match without a channel',
    user('match = ["alice"]'),
    /^coop\.toml:6: users\[0\]\.match\[0\]: a match is "channel:identifier"/,
  ],
  [
    'a literal secret',
    `${agent}[provider]\nname = "anthropic"\napi_keys = ["sk-ant-1"]`,
    /^coop\.toml:5: provider\.api_keys\[0\]: a secret stands here literally; write it as "env:NAME"/,
  ],
  [
    'an unknown time zone',
    `${agent}timezone = "Mars/North"`,
    /^coop\.toml:3: agent\.timezone: not a known time zone/,
  ],
  [
    'a match used twice',
    `${user('match = ["tele:1"]')}[[users]]\nname = "Bob"\ntrust = "inner"\nmatch = ["tele:1"]`,
    /^coop\.toml:10: users\[1\]\.match: the match "tele:1" belongs to Alice already$/,
  ],
  [
    'the terminal of somebody else',
    `${user('match = ["terminal:bob"]')}[[users]]\nname = "Bob"\ntrust = "inner"`,
    /^coop\.toml:6: users\[0\]\.match: "terminal:bob" is Bob’s own$/,
  ],
  [
    'a ceiling of a channel that is not there',
    user('max_trust = { Telegram = "familiar" }'),
    /^coop\.toml:6: users\[0\]\.max_trust\.Telegram: "Telegram" is no channel; did you mean "telegram"\?$/,
  ],
  [
    'an id used twice',
    `${user('')}[[users]]\nname = "alice B."\ntrust = "inner"`,
    /users\[1\]\.name: the id "alice" belongs to Alice already$/,
  ],
  [
    'a member who is nobody',
    `${user('')}[[groups]]\nmatch = "tele:g"\nmembers = ["Alcie"]`,
    /^coop\.toml:9: groups\[0\]\.members: "Alcie" is no user; did you mean "alice"\?$/,
  ],
  [
    'a pattern that is none',
    `${agent}[[groups]]\nmatch = "tele:g"\ntrigger = "regex"\ntrigger_regex = "("`,
    /^coop\.toml:6: groups\[0\]\.trigger_regex: not a valid regular expression$/,
  ],
  [
    'trigger = "regex" without one',
    `${agent}[[groups]]\nmatch = "tele:g"\ntrigger = "regex"`,
    /^coop\.toml:5: groups\[0\]\.trigger: trigger = "regex" needs trigger_regex$/,
  ],
  [
    'one provider and several',
    `${agent}[provider]\nname = "offline"\n[[providers]]\nname = "offline"`,
    /^coop\.toml:3: provider: use either/,
  ],
]

for (const [title, text, expected] of cases) {
  test(`${title} is refused with its place`, () => {
    const found = problems(text)
    assert.ok(
      found.some(line => expected.test(line)),
      found.join('\n') || 'no problem was found',
    )
  })
}

test('several problems are told at once', () => {
  assert.equal(problems(`${agent}model = 5\ntimezone = "x"\nnothing = 1`).length, 3)
})

test('a mistyped name of any key leads to an error on its line', () => {
  const simple = describeKeys().filter(
    key =>
      !key.table.startsWith('[') &&
      key.table !== 'agent' &&
      !/channels|provider|embedding|cron|mcp/.test(key.table),
  )
  fc.assert(
    fc.property(fc.constantFrom(...simple), fc.nat(), ({ table, name }, at) => {
      const typo = `${name.slice(0, at % name.length)}x${name.slice(at % name.length)}`
      fc.pre(!simple.some(key => key.table === table && key.name === typo))
      const [line] = problems(`${agent}[${table}]\n${typo} = 1`)
      assert.ok(line?.startsWith(`coop.toml:4: ${table}.${typo}: unknown key; did you mean "`), line)
    }),
  )
})

test('no text makes the parser throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void parseConfig(text)))
})
