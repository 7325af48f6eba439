// Reads a skill: instructions that the household wrote down for a kind of task.
import { z } from 'zod'
import { tool } from './tool.ts'

const input = z.object({ name: z.string().min(1).max(64) })

export const skill = tool<z.output<typeof input>>({
  name: 'skill',
  description: 'Read the instructions of a skill from the list in your prompt before doing such a task.',
  input,
  level: 'familiar',
  available: hands => hands.skills.any,
  traits: () => ({ effect: 'read', reach: 'none' }),
  async run({ name }, hands) {
    const found = hands.skills.read(name)
    if (found) return found
    const known = hands.skills.list().map(known => known.name)
    return { text: `There is no skill "${name}". Known: ${known.join(', ')}.`, isError: true }
  },
})
