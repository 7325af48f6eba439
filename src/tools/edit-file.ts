// edit_file: exact replacements in a text file, all of them or none.
import { z } from 'zod'
import { CoopError } from '../errors.ts'
import { rewriteQuestion, writingTraits } from './rewrite.ts'
import { tool } from './tool.ts'

const maxBytes = 8 * 1024 * 1024

interface Edit {
  readonly old: string
  readonly new: string
  readonly all?: boolean | undefined
}

export const editFile = tool({
  name: 'edit_file',
  description:
    'Replace exact text in a file; each `old` must stand there once, unless `all`. All edits apply or none.',
  input: z.strictObject({
    path: z.string().min(1),
    edits: z
      .array(z.strictObject({ old: z.string().min(1), new: z.string(), all: z.boolean().optional() }))
      .min(1)
      .max(100),
  }),
  level: 'inner',
  available: hands => hands.box?.acts === true,
  traits: ({ path = '', edits = [] }, hands) => writingTraits(path, shown(edits), hands),
  run: async ({ path, edits }, hands, signal) => {
    const before = await hands.box!.readFile(path, maxBytes, signal)
    const text = before.bytes.toString()
    if (before.bytes.includes(0) || !Buffer.from(text).equals(before.bytes)) {
      throw new CoopError('input_invalid', `${path} is not a UTF-8 text file; nothing was changed.`)
    }
    const after = applyEdits(text, edits)
    const question = rewriteQuestion(path, shown(edits))
    await hands.box!.writeFile(path, Buffer.from(after), { replaces: before, question }, signal)
    return { text: `Made ${edits.length === 1 ? 'one edit' : `${edits.length} edits`} in ${path}.` }
  },
})

const shown = (edits: readonly Edit[]): string =>
  edits
    .map(edit => `${edit.all ? 'Everywhere, replace' : 'Replace'}\n${edit.old}\nby\n${edit.new}`)
    .join('\n\n')

/** Each edit sees the result of those before it. Throws `input_invalid` and names the one that does not fit. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits.reduce((now, edit, index) => {
    const count = occurrences(now, edit.old)
    const which = `Edit ${index + 1} of ${edits.length}`
    if (count === 0) {
      throw new CoopError(
        'input_invalid',
        `${which}: the old text is not in the file; nothing was changed. Read it again.`,
      )
    }
    if (count > 1 && !edit.all) {
      throw new CoopError(
        'input_invalid',
        `${which}: the old text is there ${count} times; nothing was changed. Give more of it, or set all.`,
      )
    }
    return now.split(edit.old).join(edit.new)
  }, text)
}

const occurrences = (text: string, part: string): number => {
  let count = 0
  // Counted with overlaps: two readings of one place are as ambiguous as two places.
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) count++
  return count
}
