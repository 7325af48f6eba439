// What is asked before a file is written that later turns read as instructions, while text from outside is in the prompt.
import type { Hands } from './hands.ts'
import type { Traits } from './tool.ts'
import { visible } from './visible.ts'

/** Characters that a person reads before a yes: what is cut off could hide something. */
const mostShown = 6_000

/** The question for a file that would hold `text`, or in which that would be changed. */
export const rewriteQuestion = (path: string, text: string): string =>
  `Write ${path}? Later turns read it as instructions, and text from outside is in this conversation, which may be behind it.\n\n${visible(text)}\n\nA yes writes exactly this, once.`

/** The traits of a call that writes a file. */
export function writingTraits(path: string, text: string, hands: Hands | undefined): Traits {
  const standing: Traits = { effect: 'world', reach: 'standing' }
  if (!hands?.box?.closed(path)) return standing
  // Nobody is asked what cannot be shown; running it says why it is refused.
  if (visible(text).length > mostShown) return { effect: 'world', reach: 'none' }
  return { ...standing, ask: rewriteQuestion(path, text), of: 'full' }
}
