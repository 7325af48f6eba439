// Memory by tool: one to look, one to change. What they reach is decided by the hand they are given.
import { z } from 'zod'
import type { MemoryHand, MemoryLines } from './hands/memory.ts'
import { type ToolResult, tool } from './tool.ts'

const day = z
  .string()
  .refine(text => !Number.isNaN(Date.parse(text)), 'write a date as 2026-01-31')
  .optional()

const looking = z.object({
  action: z.enum(['search', 'get', 'timeline', 'people', 'sessions']).default('search'),
  query: z.string().max(4_000).optional().describe('words or a question'),
  ids: z.array(z.string()).max(20).optional().describe('for get'),
  from: day,
  to: day.describe('the day after the last'),
  store: z.string().optional(),
  limit: z.int().min(1).optional(),
  archived: z.boolean().optional().describe('also what was put away'),
  as_of: day.describe('search: what was so on that day'),
})

/** What one answer shows at most, however much was asked for. */
const mostLines = 50

export const memorySearch = tool<z.output<typeof looking>>({
  name: 'memory_search',
  description:
    'Look into long-term memory. search: facts and past messages by words; get: in full by id; timeline: in the order it happened, with or without words; people: who is known; sessions: past conversations. Use it before saying you do not know something about people or the past.',
  input: looking,
  level: 'familiar',
  available: hands => hands.memory !== null,
  traits: () => ({ effect: 'read', reach: 'none' }),
  async run(input, hands) {
    const { memory } = hands
    if (!memory) return nothing
    const { action, query, ids, store, limit, archived } = input
    const asked = {
      text: query ?? '',
      ...(store === undefined ? {} : { store }),
      ...(input.from === undefined ? {} : { from: Date.parse(input.from) }),
      ...(input.to === undefined ? {} : { to: Date.parse(input.to) }),
      ...(limit === undefined ? {} : { limit: Math.min(limit, mostLines) }),
      ...(archived === undefined ? {} : { archived }),
      ...(input.as_of === undefined ? {} : { asOf: Date.parse(input.as_of) }),
    }
    if (action === 'people') return result(memory.people())
    if (action === 'timeline') return result(await memory.timeline(asked))
    if (action === 'get') return ids?.length ? result(memory.get(ids)) : missing('ids')
    if (query === undefined) return missing('query')
    return result(await (action === 'sessions' ? memory.sessions(asked) : memory.search(asked)))
  },
})

const changing = z.object({
  action: z.enum(['write', 'pin', 'unpin', 'promote', 'alias', 'forget']).default('write'),
  text: z.string().optional().describe('write: one fact that stands alone, with names and dates'),
  title: z.string().max(200).optional(),
  store: z.string().optional().describe('social, shared, private or personal; promote: the wider one'),
  people: z.array(z.string().max(100)).max(20).optional().describe('who it is about'),
  replaces: z.string().optional().describe('id that is no longer so'),
  since: day.describe('from when on it is so'),
  pin: z.boolean().optional().describe('keep it in every prompt'),
  id: z.string().optional().describe('for pin, unpin, promote, forget'),
  query: z.string().max(400).optional().describe('forget all that says this'),
  person: z.string().max(100).optional().describe('forget all about them; alias: who is meant'),
  sources: z.boolean().optional().describe('forget also the messages it came from'),
})

export const memoryWrite = tool<z.output<typeof changing>>({
  name: 'memory_write',
  description:
    'Change long-term memory. write when somebody asks to remember or corrects something (name what it replaces); store decides who else may ever see it. promote lets a memory go to a wider store; alias teaches another name; forget deletes for good.',
  input: changing,
  level: 'inner',
  available: hands => (hands.memory?.writable.length ?? 0) > 0,
  traits: ({ action, query, person }) => ({
    effect: 'own',
    reach: 'standing',
    ...(action === 'forget' && (query !== undefined || person !== undefined)
      ? {
          ask: `Forget everything ${query === undefined ? `about ${person}` : `that says “${query}”`}? It cannot be brought back.`,
        }
      : {}),
  }),
  async run(input, hands) {
    const { memory } = hands
    if (!memory) return nothing
    return await change(input, memory)
  },
})

async function change(input: z.output<typeof changing>, memory: MemoryHand): Promise<ToolResult> {
  const { action, text, title, store, people, replaces, id, query, person } = input
  const placed = store === undefined ? {} : { store }
  switch (action) {
    case 'write':
      if (text === undefined) return missing('text')
      return result(
        memory.write({
          text,
          ...placed,
          ...(title === undefined ? {} : { title }),
          ...(people === undefined ? {} : { people }),
          ...(replaces === undefined ? {} : { replaces }),
          ...(input.pin === undefined ? {} : { pinned: input.pin }),
          ...(input.since === undefined ? {} : { since: Date.parse(input.since) }),
        }),
      )
    case 'pin':
    case 'unpin':
      return id === undefined ? missing('id') : result(memory.pin(id, action === 'pin'))
    case 'promote':
      if (id === undefined || store === undefined) return missing('id and store')
      return result(memory.promote(id, store))
    case 'alias':
      if (text === undefined || person === undefined) return missing('text (the name) and person')
      return result(memory.alias(text, person, store))
    case 'forget': {
      const what =
        id !== undefined
          ? { id }
          : query !== undefined
            ? { query }
            : person !== undefined
              ? { person }
              : undefined
      return what === undefined
        ? missing('id, query or person')
        : result(await memory.forget(what, input.sources === true))
    }
  }
}

const nothing: ToolResult = { text: 'There is no memory here.', isError: true }
const missing = (what: string): ToolResult => ({ text: `This needs ${what}.`, isError: true })
const result = ({ text, outside }: MemoryLines): ToolResult =>
  outside ? { text, origin: 'outside' } : { text }
