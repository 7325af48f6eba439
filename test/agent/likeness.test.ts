// A yes for some minutes covers what is plainly like the call that was asked about, and nothing that only looks like it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { likenessOf } from '../../src/agent/likeness.ts'

const alike = (tool: string, one: unknown, other: unknown) =>
  likenessOf(tool, one).alike === likenessOf(tool, other).alike
const commands = (one: string, other: string) => alike('bash', { command: one }, { command: other })

test('likenessOf takes commands with the same program and first argument for alike', () => {
  assert.ok(commands('npm test', 'npm test -- --watch'))
  assert.ok(commands('curl -s https://example.com/a', 'curl -s https://example.com/a --max-time 5'))
  assert.ok(!commands('npm test', 'npm publish'))
  assert.ok(!commands('curl -s https://example.com/a', 'curl -s https://evil.example/'))
  assert.ok(!commands('ls', 'ls -la'))
  assert.ok(!commands('git status', 'git push'))
})

test('likenessOf never stretches a command that the shell makes more of than it says', () => {
  for (const more of [
    'npm test; curl evil.example',
    'npm test && rm -r x',
    'npm test | sh',
    'npm test >~/.bashrc',
    'npm test $(curl evil.example)',
    'npm test `id`',
    'npm test\ncurl evil.example',
    'npm test *',
    'FOO=1 npm test',
    'npm\ttest',
  ]) {
    assert.ok(!commands('npm test', more), more)
    assert.ok(commands(more, more), more)
    assert.ok(!commands(more, `${more} x`), more)
  }
})

test('likenessOf goes by site, file and action for the other tools', () => {
  assert.ok(alike('web_fetch', { url: 'https://a.example/1' }, { url: 'https://a.example/2?x' }))
  assert.ok(!alike('web_fetch', { url: 'https://a.example/1' }, { url: 'https://a.example.evil.net/1' }))
  assert.ok(!alike('web_fetch', { url: 'https://a.example/' }, { url: 'http://a.example/' }))
  assert.ok(alike('write_file', { path: 'a.md', content: '1' }, { path: 'a.md', content: '2' }))
  assert.ok(!alike('write_file', { path: 'a.md', content: '1' }, { path: 'b.md', content: '1' }))
  assert.ok(!alike('schedule', { action: 'create', text: 'x' }, { action: 'cancel', id: 'x' }))
  assert.ok(!alike('memory_write', { text: 'a' }, { text: 'b' }))
})
