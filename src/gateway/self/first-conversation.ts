// What the first conversation leaves behind: the agent's name in IDENTITY.md, and BOOTSTRAP.md gone.
import { lstatSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { giveToBox } from '../../box/stage.ts'
import { writeNew } from '../../config/patch.ts'
import { CoopError } from '../../errors.ts'

const longest = 60

/** Writes the name into IDENTITY.md, in the place of the one before. Throws `input_invalid` for what is no name. */
export function giveName(workspace: string, words: string): string {
  const name = words.trim()
  if (name === '' || name.length > longest || !/^[\p{L}\p{N}][\p{L}\p{N} .’'-]*$/u.test(name))
    throw new CoopError('input_invalid', `A name is up to ${longest} letters, without line ends or signs.`)
  const path = join(workspace, 'IDENTITY.md')
  const sentence = `Your name is ${name}.`
  const before = isFile(path) ? readFileSync(path, 'utf8') : '# Identity\n'
  const known = /^(?:You have no name of your own yet\..*|Your name is .*\.)$/m
  const text = known.test(before)
    ? before.replace(known, () => sentence)
    : `${before.trimEnd()}\n\n${sentence}\n`
  writeNew(path, text, 0o644)
  giveToBox(path)
  return `${sentence} It stands in IDENTITY.md and counts from the next conversation on.`
}

/** Takes BOOTSTRAP.md away. */
export function endFirstConversation(workspace: string): string {
  const path = join(workspace, 'BOOTSTRAP.md')
  if (!isFile(path)) return 'The first conversation was over before.'
  rmSync(path)
  return 'The first conversation is over; BOOTSTRAP.md is gone.'
}

/** A link is none: nothing is read or taken away through it. */
function isFile(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat && !stat.isFile())
    throw new CoopError('input_invalid', `${path} is not a plain file; move it away.`)
  return stat !== undefined
}
