// Files that people send, into the box; files that the agent made, out of it.
import { CoopError } from '../errors.ts'
import type { SentFile } from '../tools/hands/box.ts'
import type { Box } from './box.ts'

/** Bytes of one file that a person sent. */
const maxAttachment = 64 * 1024 * 1024
/** Bytes of one file that goes out: it waits in the database until the platform has it. */
const maxSent = 25 * 1024 * 1024

/**
 * Puts a person's file into their own inbox and returns its path in the workspace; null where the
 * conversation shows no folder of theirs. A name that is taken gets a number.
 */
export async function keepAttachment(
  box: Box,
  name: string,
  bytes: Uint8Array,
  signal: AbortSignal,
): Promise<string | null> {
  const folder = inboxOf(box)
  if (folder === null) return null
  if (bytes.length > maxAttachment) {
    throw new CoopError(
      'input_invalid',
      `${name} has ${bytes.length} bytes; at most ${maxAttachment} are kept.`,
    )
  }
  const clean = safeName(name)
  const dot = clean.lastIndexOf('.')
  const [stem, end] = dot > 0 ? [clean.slice(0, dot), clean.slice(dot)] : [clean, '']
  for (let count = 1; ; count++) {
    const path = `${folder}/${count === 1 ? clean : `${stem}-${count}${end}`}`
    try {
      // What a person sends on may be anybody's words.
      await box.writeFile(`${box.root}/${path}`, bytes, 'absent', signal, { from: 'derived' })
      return path
    } catch (error) {
      const taken = error instanceof CoopError && error.message.endsWith('exists already.')
      if (!taken || count === 1_000) throw error
    }
  }
}

/** The bytes of a file that the agent made, to be sent. Throws for what the box does not show. */
export async function takeAttachment(box: Box, path: string, signal: AbortSignal): Promise<SentFile> {
  const { bytes } = await box.readFile(path, maxSent, signal)
  return { name: safeName(path), bytes, host: box.hostPath(path) }
}

/** Only a direct conversation shows an inbox. */
function inboxOf({ acts, policy }: Box): string | null {
  const { personal, roots } = policy
  if (!acts || personal === null) return null
  const own = `users/${personal}`
  return roots.some(root => root.path === '' || root.path === own) ? `${own}/inbox` : `${own}/personal/inbox`
}

/** A plain file name: no folder, no control character, nothing that hides, no more than fits. */
function safeName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  const plain = last
    .replace(/[\p{C}\p{Z}:*?"<>|]+/gu, ' ')
    .trim()
    .replace(/^\.+/, '')
  const characters = [...plain]
  while (Buffer.byteLength(characters.join('')) > 120) characters.splice(Math.floor(characters.length / 2), 1)
  return characters.join('') || 'file'
}
