// Reads, explains and changes the configuration; what widens access or cost waits for a person's yes.
import { z } from 'zod'
import { messageOf } from '../errors.ts'
import { tool } from './tool.ts'

const input = z.object({
  action: z.enum(['explain', 'get', 'patch', 'preview', 'history', 'rollback']),
  key: z.string().max(200).optional().describe('dotted, like agent.model or users[bob].trust'),
  changes: z
    .array(z.object({ key: z.string().max(200), value: z.any().describe('null removes').optional() }))
    .max(20)
    .optional(),
  why: z.string().max(300).optional(),
  generation: z.int().optional(),
})

export const config = tool<z.output<typeof input>>({
  name: 'config',
  description:
    'Coop’s configuration. patch and preview take changes: tables are merged, lists added to. A patch that fails is rolled back by itself; some wait for approval.',
  input,
  level: 'full',
  available: hands => hands.config !== null,
  traits({ action, changes, generation }, hands) {
    if (action !== 'patch' && action !== 'rollback') return { effect: 'read', reach: 'none' }
    const ask = () => {
      if (action === 'rollback') return hands?.config?.questionOfRollback(generation) ?? null
      return hands?.config?.question(changes ?? []) ?? null
    }
    try {
      const question = ask()
      return { effect: 'own', reach: 'strong', ...(question === null ? {} : { ask: question }) }
    } catch {
      // Not valid: running it says why, and changes nothing.
      return { effect: 'own', reach: 'none' }
    }
  },
  async run({ action, key = '', changes = [], why = '', generation }, hands) {
    const hand = hands.config!
    try {
      if (action === 'explain') return { text: hand.explain(key) }
      if (action === 'get') return { text: hand.get(key) }
      if (action === 'history') return { text: hand.history() }
      if (action === 'preview') return { text: hand.preview(changes) }
      if (action === 'rollback') return { text: await hand.rollback(generation, why) }
      return { text: await hand.patch(changes, why) }
    } catch (error) {
      return { text: messageOf(error), isError: true }
    }
  },
})
