// Hides the length of a message: a mark, then zeros to the next of a few sizes.
import { type Bytes, bytes } from './bytes.ts'

const step = 160

/** Appends 0x80 and zeros up to the smallest multiple of 160, less one, that holds it. */
export function pad(content: Uint8Array): Bytes {
  const padded = new Uint8Array(Math.ceil((content.length + 2) / step) * step - 1)
  padded.set(content)
  padded[content.length] = 0x80
  return padded
}

/** Takes any amount of such padding off. Throws when there is none. */
export function unpad(padded: Uint8Array): Bytes {
  let end = padded.length - 1
  while (end >= 0 && padded[end] === 0) end -= 1
  if (padded[end] !== 0x80) throw new Error('the padding is malformed')
  return bytes(padded.subarray(0, end))
}
