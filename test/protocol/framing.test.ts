// Lines out of any chunks, with a limit on each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Frame, frame, frames } from '../../src/protocol/framing.ts'

async function read(chunks: readonly Buffer[], most: number): Promise<Frame[]> {
  async function* stream() {
    yield* chunks
  }
  return Array.fromAsync(frames(stream(), most))
}

const cut = (bytes: Buffer, sizes: readonly number[]): Buffer[] => {
  const chunks: Buffer[] = []
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = Math.max(1, sizes[index % sizes.length]!)
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return chunks
}

test('what is framed is read back, however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 10 }),
      fc.array(fc.nat(20), { minLength: 1 }),
      async (values, sizes) => {
        const lines = await read(cut(Buffer.from(values.map(frame).join('')), sizes), 10_000)
        assert.deepEqual(
          lines.map(line => line.kind === 'line' && JSON.parse(line.text)),
          values.map(value => JSON.parse(JSON.stringify(value))),
        )
      },
    ),
  )
})

test('a line over the limit is reported once and skipped, and the next is read', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 11, max: 60 }),
      fc.array(fc.nat(9), { minLength: 1 }),
      async (size, sizes) => {
        const bytes = Buffer.from(`ok\n${'x'.repeat(size)}\nlater\n`)
        assert.deepEqual(await read(cut(bytes, sizes), 10), [
          { kind: 'line', text: 'ok' },
          { kind: 'too_large' },
          { kind: 'line', text: 'later' },
        ])
      },
    ),
  )
})

test('a line that never ends holds no more than its limit and a line without its end is no line', async () => {
  assert.deepEqual(await read([Buffer.from('x'.repeat(50)), Buffer.from('y'.repeat(50))], 10), [
    { kind: 'too_large' },
  ])
  assert.deepEqual(await read([Buffer.from('half')], 10), [])
})
