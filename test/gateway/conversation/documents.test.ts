// What the model is given to read of a file, and why not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../../src/gateway/conversation/documents.ts'

const file = (name: string, mime: string, content: string | Uint8Array) => ({
  name,
  mime,
  bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content,
})
const pdf = (rest: string) => file('rent.pdf', 'application/pdf', `%PDF-1.7\n${rest}`)
const why = (of: ReturnType<typeof file>) => {
  const reading = readDocument(of)
  return reading.kind === 'unreadable' ? reading.why : reading.kind
}

test('a PDF is read as it is, whatever its type says, with its pages counted', () => {
  const page = '<< /Type /Page /Parent 1 0 R >>\n'
  const reading = readDocument({ ...pdf(`<< /Type /Pages /Count 3 >>\n${page.repeat(3)}`), mime: 'x/y' })
  assert.ok(reading.kind === 'document')
  const { document } = reading
  assert.deepEqual([document.mime, document.name, document.pages], ['application/pdf', 'rent.pdf', 3])
  assert.match(Buffer.from(document.data, 'base64').toString(), /^%PDF-1\.7/)
})

test('a PDF whose pages are packed away is counted by its tree, or guessed from its size', () => {
  const pages = (of: ReturnType<typeof file>) => {
    const reading = readDocument(of)
    return reading.kind === 'document' ? reading.document.pages : 0
  }
  assert.equal(pages(pdf('<< /Type/Pages/Count 12 >>')), 12)
  assert.equal(pages(pdf('x'.repeat(120_000))), 3)
})

test('a PDF that no provider takes is named with the reason', () => {
  assert.equal(why(pdf('trailer << /Encrypt 5 0 R >>')), 'it is protected by a password')
  assert.equal(why(pdf('<< /Type /Pages /Count 900 >>')), 'it has some 900 pages')
  assert.equal(why(pdf('x'.repeat(4_600_000))), 'it has 5 MB')
  assert.equal(why(file('rent.pdf', 'application/pdf', 'GIF89a')), 'it is not a PDF, whatever its name says')
})

test('text is read by its type or its name, if it is text', () => {
  for (const [name, mime] of [
    ['a', 'text/csv'],
    ['a', 'application/json'],
    ['a', 'application/ld+json'],
    ['list.MD', 'application/octet-stream'],
  ] as const) {
    const reading = readDocument(file(name, mime, 'Brot, Käse\u0007'))
    assert.deepEqual(reading.kind === 'document' && reading.document.data, 'Brot, Käse', name)
  }
  assert.equal(why(file('a.txt', 'text/plain', new Uint8Array([0xff, 0xfe, 0x41]))), 'other')
  assert.equal(why(file('a.txt', 'text/plain', 'a\0b')), 'other')
  assert.equal(why(file('a.zip', 'application/zip', 'PK')), 'other')
})

test('text that is empty or very long is named with the reason', () => {
  assert.equal(why(file('a.txt', 'text/plain', ' \n')), 'it is empty')
  assert.equal(why(file('a.txt', 'text/plain', 'x'.repeat(60_001))), 'it has 60001 characters')
})
