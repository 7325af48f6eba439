// A reply as messages: nothing of it is lost, however long it is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { messagesOf } from '../../src/delivery/messages.ts'

const capabilities = { maxTextLength: 100, exactlyOnce: false, groups: true, local: false }
const fileOf = (messages: ReturnType<typeof messagesOf>) =>
  messages.flatMap(({ attachments = [] }) => attachments.map(({ bytes }) => new TextDecoder().decode(bytes)))

test('any text is its messages joined, or stands whole in the file behind at most ten of them', () => {
  const words = fc.stringMatching(/^[a-z \n.]{1,60}$/)
  fc.assert(
    fc.property(fc.array(words, { minLength: 1, maxLength: 60 }), pieces => {
      const text = pieces.join('')
      const messages = messagesOf(text, { capabilities })
      const shown = messages.map(message => message.text)
      assert.ok(shown.length <= 10)
      assert.ok(shown.every(each => each.length <= 100 && each.trim() !== ''))
      const [whole] = fileOf(messages)
      if (whole === undefined) assert.equal(shown.join('').trim(), text.trim())
      else {
        assert.equal(whole, text)
        assert.ok(text.trimStart().startsWith(shown.slice(0, -1).join('').trimStart()))
        assert.equal(messages.filter(({ attachments }) => attachments).length, 1)
        assert.ok(messages.at(-1)!.attachments)
      }
    }),
  )
})

test('what only grows too long by being made ready is in the file as it was written', () => {
  const text = 'word '.repeat(150)
  const messages = messagesOf(text, {
    capabilities,
    prepare: said => said.replaceAll('word', 'wordwordword'),
  })
  assert.deepEqual(fileOf(messages), [text])
  assert.equal(messages.length, 10)
})

test('a client on this computer is given all of it', () => {
  const text = 'word '.repeat(10_000)
  const local = { ...capabilities, maxTextLength: 1_000_000, local: true }
  assert.deepEqual(messagesOf(text, { capabilities: local }), [{ text }])
})

test('no more of an endless text is made ready than is shown', () => {
  let ready = 0
  const prepare = (said: string) => {
    ready += said.length
    return said
  }
  messagesOf('word '.repeat(200_000), { capabilities, prepare })
  assert.ok(ready <= 1_000)
})
