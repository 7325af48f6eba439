// Edits by key keep comments, order and everything that is not named.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { diffSettings } from '../../src/config/diff.ts'
import { editText, keyParts } from '../../src/config/edit.ts'
import { explainKey } from '../../src/config/explain.ts'
import { parseConfig } from '../../src/config/parse.ts'
import { rightOf, strictest } from '../../src/config/rights.ts'
import type { Settings } from '../../src/config/schema.ts'

const text = `# The house.
[agent]
id = "coop" # short
model = "offline/coop"

# Everybody.
[[users]]
name = "Alice" # owner
trust = "full"
match = ["terminal:default"]

[[users]]
name = "Bob"
trust = "inner"
match = ["tele:2"] # phone

[[cron]]
name = "briefing"
cron = "0 7 * * *"
message = "What is on today?"
user = "Alice"
[cron.deliver]
channel = "tele"
target = "2"
`

const settingsOf = (toml: string): Settings => {
  const parsed = parseConfig(toml)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.settings
}
const changesOf = (before: string, after: string) => diffSettings(settingsOf(before), settingsOf(after))

test('keyParts keeps what stands in brackets and quotes together', () => {
  assert.deepEqual(keyParts('users[bob].match[signal:a.b]'), ['users', 'bob', 'match', 'signal:a.b'])
  assert.deepEqual(keyParts('models.aliases."a.b"'), ['models', 'aliases', 'a.b'])
})

test('a value of one entry is changed and every comment stays', () => {
  const after = editText(text, [{ key: 'users[bob].trust', value: 'familiar' }])
  assert.equal(after, text.replace('trust = "inner"', 'trust = "familiar"'))
})

test('a list is added to, and an item named in brackets leaves it', () => {
  const more = editText(text, [{ key: 'users[bob].match', value: ['signal:x'] }])
  assert.deepEqual(settingsOf(more).users[1]?.match, ['tele:2', 'signal:x'])
  const less = editText(more, [{ key: 'users[bob].match[tele:2]' }])
  assert.deepEqual(settingsOf(less).users[1]?.match, ['signal:x'])
})

test('a new entry is added beside the others, and one that is named is merged', () => {
  const added = editText(text, [{ key: 'users', value: [{ name: 'Carol', trust: 'familiar' }] }])
  assert.deepEqual(
    settingsOf(added).users.map(user => user.name),
    ['Alice', 'Bob', 'Carol'],
  )
  const merged = editText(added, [{ key: 'users[carol]', value: { timezone: 'Europe/Lisbon' } }])
  assert.equal(settingsOf(merged).users[2]?.trust, 'familiar')
  assert.equal(settingsOf(merged).users[2]?.timezone, 'Europe/Lisbon')
})

test('an entry is removed by its name and the others stay', () => {
  const after = editText(text, [{ key: 'users[bob]' }])
  assert.deepEqual(
    settingsOf(after).users.map(user => user.name),
    ['Alice'],
  )
  assert.match(after, /# owner/)
})

test('the first user that is added does not take the terminal from its owner', () => {
  const bare = '[agent]\nid = "coop"\n'
  const after = settingsOf(editText(bare, [{ key: 'users', value: [{ name: 'Bob', trust: 'inner' }] }]))
  assert.deepEqual(
    after.users.map(user => [user.name, user.trust]),
    [
      ['owner', 'full'],
      ['Bob', 'inner'],
    ],
  )
})

test('a key below a plain value, and an entry that is not there, are refused', () => {
  assert.throws(() => editText(text, [{ key: 'agent.model.name', value: 1 }]), /plain value/)
  assert.throws(() => editText(text, [{ key: 'users[mallory].trust', value: 'full' }]), /no “mallory”/)
})

test('diffSettings names entries and keys, whatever their order', () => {
  const after = editText(text, [
    { key: 'users[bob].trust', value: 'full' },
    { key: 'cron[briefing].cron', value: '0 8 * * *' },
    { key: 'groups', value: [{ match: 'tele:-5' }] },
  ])
  assert.deepEqual(
    changesOf(text, after).map(change => change.key),
    ['users[bob].trust', 'groups[tele:-5]', 'cron[briefing].cron'],
  )
})

test('rightOf asks the strictest of the keys that an entry sets', () => {
  const right = (edits: Parameters<typeof editText>[1]) =>
    strictest(changesOf(text, editText(text, edits)).map(rightOf))
  assert.equal(right([{ key: 'trace.keep_days', value: 3 }]), 'chat')
  assert.equal(right([{ key: 'users[bob].trust', value: 'full' }]), 'approval')
  assert.equal(right([{ key: 'users', value: [{ name: 'Carol', trust: 'familiar' }] }]), 'approval')
  assert.equal(
    right([{ key: 'providers', value: [{ name: 'anthropic', base_url: 'http://127.0.0.1:1' }] }]),
    'terminal',
  )
})

test('a tool server is brought, changed in what it runs, and taken at the terminal alone', () => {
  const served = `${text}\n[[mcp]]\nname = "house"\ncommand = ["house-tools"]\n`
  const right = (from: string, edits: Parameters<typeof editText>[1]) =>
    strictest(changesOf(from, editText(from, edits)).map(rightOf))
  assert.equal(right(text, [{ key: 'mcp', value: [{ name: 'a', command: ['sh'] }] }]), 'terminal')
  assert.equal(
    right(text, [{ key: 'mcp', value: [{ name: 'a', url: 'https://a.example.org' }] }]),
    'terminal',
  )
  assert.equal(right(served, [{ key: 'mcp[house].command', value: ['sh'] }]), 'terminal')
  assert.equal(right(served, [{ key: 'mcp[house].env', value: { A: 'env:B' } }]), 'terminal')
  assert.equal(right(served, [{ key: 'mcp[house].files', value: 'write' }]), 'terminal')
  assert.equal(right(served, [{ key: 'mcp[house].trust', value: 'inner' }]), 'approval')
  assert.equal(right(served, [{ key: 'mcp[house].tools', value: ['list_*'] }]), 'approval')
  assert.equal(right(served, [{ key: 'mcp[house].timeout_s', value: 5 }]), 'chat')
})

test('explainKey tells purpose, default, heat and right, and the nearest key for a mistyped one', () => {
  assert.match(explainKey('memory.db_path'), /after a restart.*approve/)
  assert.match(explainKey('agent.model'), /at once; changed by chat/)
  assert.match(explainKey('users.trust'), /How far the person is trusted/)
  assert.match(explainKey('users[bob].trust'), /How far the person is trusted/)
  assert.throws(() => explainKey('agent.modle'), /did you mean “model”/)
})

const names = ['Alice', 'Bob', 'Carol']
const anyEdit = fc.oneof(
  fc.record({ key: fc.constant('users[bob].trust'), value: fc.constantFrom('familiar', 'inner', 'full') }),
  fc.record({
    key: fc.constantFrom('users[alice].match', 'users[bob].match'),
    value: fc.array(
      fc.integer({ min: 10, max: 99 }).map(id => `disc:${id}`),
      { maxLength: 3 },
    ),
  }),
  fc.record({
    key: fc.constant('users'),
    value: fc.constantFrom(...names).map(name => [{ name, trust: 'full' }]),
  }),
  fc.record({ key: fc.constant('trace.keep_days'), value: fc.integer({ min: 0, max: 400 }) }),
  fc.record({ key: fc.constant('agent.timezone'), value: fc.constantFrom('Europe/Lisbon', 'UTC', null) }),
  fc.record({
    key: fc.constantFrom('cron[briefing]', 'cron[evening]'),
    value: fc.constant({ cron: '0 19 * * *', message: 'Well?' }),
  }),
  fc.record({
    key: fc.constant('groups'),
    value: fc.constantFrom('tele:-1', 'tele:-2').map(match => [{ match }]),
  }),
)

test('whatever is added in whatever order, no list loses an entry and no comment is lost', () => {
  fc.assert(
    fc.property(fc.array(anyEdit, { maxLength: 8 }), edits => {
      let now = text
      for (const edit of edits) {
        const before = settingsOf(now)
        now = editText(now, [edit])
        const after = settingsOf2(now)
        if (!after) return
        for (const user of before.users) {
          const kept = after.users.find(one => one.name === user.name)
          assert.ok(kept && user.match.every(match => kept.match.includes(match)))
        }
        for (const job of before.cron) assert.ok(after.cron.some(one => one.name === job.name))
        for (const group of before.groups) assert.ok(after.groups.some(one => one.match === group.match))
      }
      for (const comment of ['# The house.', '# short', '# Everybody.', '# owner', '# phone'])
        assert.ok(now.includes(comment), `${comment} is gone`)
    }),
    { numRuns: 40 },
  )
})

/** Null when two people were given one match, which is refused elsewhere. */
function settingsOf2(toml: string): Settings | null {
  const parsed = parseConfig(toml)
  return parsed.ok ? parsed.settings : null
}
