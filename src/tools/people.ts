// Lets people in and changes how they are known and trusted, after a person's yes.
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { tool } from './tool.ts'

const input = z.object({
  action: z.enum(['list', 'would_see', 'approve', 'deny', 'rename', 'level', 'merge']),
  who: z.string().max(100).default('').describe('name; for approve and deny the code'),
  to: z.string().max(100).optional().describe('name to give, or whom to merge into'),
  level: z.enum(['familiar', 'inner', 'full']).optional(),
})

export const people = tool<z.output<typeof input>>({
  name: 'people',
  description: 'Who is known and how far trusted; strangers wait with a code. Changes need approval.',
  input,
  level: 'full',
  available: hands => hands.people !== null,
  traits({ action, ...rest }, hands) {
    if (action === 'list' || action === 'would_see') return { effect: 'read', reach: 'none' }
    try {
      const ask = hands?.people?.question({ action, ...rest })
      return { effect: 'own', reach: 'strong', ...(ask === undefined ? {} : { ask }) }
    } catch {
      // Not possible: running it says why, and changes nothing.
      return { effect: 'own', reach: 'none' }
    }
  },
  async run({ action, who, ...rest }, hands) {
    const hand = hands.people!
    try {
      if (action === 'list') return { text: hand.list() }
      if (action === 'would_see') return { text: await hand.wouldSee(who) }
      return { text: await hand.change({ action, who, ...rest }) }
    } catch (error) {
      return { text: messageOf(error), isError: true }
    }
  },
})
