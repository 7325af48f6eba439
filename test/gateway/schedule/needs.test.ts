// What a job would have to ask for is what its calls are judged by, said in advance.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsOf, needsText } from '../../../src/gateway/schedule/needs.ts'
import { tools } from '../../../src/tools/tools.ts'

const some = (...names: string[]) => tools.filter(tool => names.includes(tool.name))

test('needsOf names what always asks, and what does only beside text from outside', () => {
  assert.equal(
    needsText(needsOf(some('bash', 'glob', 'message', 'web_search'), 'full', [])),
    'When it works unattended, it asks for a yes before: message (always); bash, web_search (after text from outside). It then waits; no answer in 24 hours counts as no, and it goes on without.',
  )
  assert.equal(needsText(needsOf(some('glob', 'grep', 'todo'), 'full', [])), '')
})

test('needsOf names the rules of the household, by tool and by argument', () => {
  const needs = needsOf(some('bash', 'write_file', 'web_fetch'), 'inner', [
    { tool: 'bash', argument: 'git push', answer: 'ask' },
    { tool: 'message', argument: 'x', answer: 'ask' },
    { tool: 'write_file', answer: 'ask' },
    { tool: 'web_fetch', origin: 'outside', answer: 'allow' },
  ])
  const text = needsText(needs)
  assert.deepEqual(needs[0], { tools: ['write_file'], when: 'always' })
  assert.match(
    text,
    /before: write_file \(always\); bash where its arguments hold “git push”; bash \(after text from outside\)\. /,
  )
})
