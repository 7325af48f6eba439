// One JSON object a line, in both directions, with a limit on a line's length.

export const protocolVersion = 1
/** Bytes of one frame. */
export const maxFrameBytes = 1_000_000

export type Frame = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too_large' }

/** Splits a byte stream into lines. A line over `maxBytes` is reported once and skipped to its end. */
export async function* frames(stream: AsyncIterable<Buffer>, maxBytes: number): AsyncGenerator<Frame> {
  let parts: Buffer[] = []
  let size = 0
  let skipping = false
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, from)) {
      const tail = chunk.subarray(from, end)
      if (!skipping && size + tail.length > maxBytes) yield { kind: 'too_large' }
      else if (!skipping) yield { kind: 'line', text: Buffer.concat([...parts, tail]).toString('utf8') }
      parts = []
      size = 0
      skipping = false
      from = end + 1
    }
    if (skipping || from >= chunk.length) continue
    const rest = chunk.subarray(from)
    size += rest.length
    if (size > maxBytes) {
      yield { kind: 'too_large' }
      skipping = true
      parts = []
    } else parts.push(rest)
  }
}

export const frame = (message: unknown): string => `${JSON.stringify(message)}\n`
