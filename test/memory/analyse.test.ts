// Words to index terms, in several languages and scripts.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { gist, questionShare, questionTerms, termsOf } from '../../src/memory/analyse.ts'

test('inflected and irregular forms become the same term', () => {
  assert.deepEqual(termsOf('Alice went hiking'), termsOf('alice goes hikes'))
  assert.deepEqual(termsOf('She taught children'), termsOf('teaching a child'))
})

test('accents, clitics and case make no difference', () => {
  assert.deepEqual(termsOf('Carol’s CAFÉ'), ['carol', 'cafe'])
})

test('stop words carry no content unless there is nothing else', () => {
  assert.deepEqual(termsOf('what did you do at the lake'), ['lake'])
  assert.deepEqual(termsOf('to be or not to be').length, 6)
})

test('Chinese is indexed as letters and pairs of letters, Arabic by words', () => {
  assert.deepEqual(termsOf('我喜欢茶'), ['我', '我喜', '喜', '喜欢', '欢', '欢茶', '茶'])
  assert.equal(termsOf('أحب القهوة').length, 2)
})

test('terms never hold a space or a quote, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      for (const term of termsOf(text)) assert.match(term, /^[^\s"]+$/u)
    }),
  )
})

test('a question of 100 kB is cut, not refused', () => {
  assert.ok(questionTerms('lake '.repeat(20_000)).length === 1)
})

test('gist does not change with order, case and grammar', () => {
  assert.equal(gist('Alice likes the lakes'), gist('lake: Alice LIKED it'))
})

test('questionShare reads a page of dots like any text', () => {
  assert.equal(questionShare(`And ${'.'.repeat(100_000)}x?`), 1)
})

test('questionShare counts sentences that ask', () => {
  assert.equal(questionShare('How are you?'), 1)
  assert.equal(questionShare('I am fine. And you?'), 0.5)
  assert.equal(questionShare('I am fine'), 0)
})
