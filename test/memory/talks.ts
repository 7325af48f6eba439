// Conversations over months, written by hand in full, each with questions that cite the turns which answer them.
import { readFileSync } from 'node:fs'
import type { Asked, Conversation, Turn } from './conversations.ts'

/** The conversation of a file in `talks/`; `name` is two people, as "alice-and-bob". */
export function talk(name: string): Conversation {
  const lines = readFileSync(new URL(`talks/${name}.txt`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
  const turns: Turn[] = []
  const questions: Asked[] = []
  const refs = new Map<string, string>()
  let session = 0
  let start = 0
  for (const line of lines) {
    const spoken = /^(\w+)(?: \{([\w-]+)\})?: (.*)$/.exec(line)
    if (line.startsWith('@ ')) {
      session++
      start = Date.parse(`${line.slice(2)}Z`)
    } else if (line.startsWith('? ')) {
      const [q = '', kind = '', cited = ''] = line.slice(2).split(' | ')
      const evidence = cited.split(', ').map(label => {
        const ref = refs.get(label)
        if (ref === undefined) throw new Error(`${name}: no turn is called ${label}`)
        return ref
      })
      questions.push({ q, kind: kind as Asked['kind'], evidence })
    } else if (spoken) {
      const [, saidBy = '', label, text = ''] = spoken
      const seq = turns.filter(turn => turn.session === `${name}-${session}`).length + 1
      const ref = `${name}:T${session}:${seq}`
      if (label !== undefined) refs.set(label, ref)
      const at = new Date(start + seq * 60_000).toISOString()
      turns.push({ ref, session: `${name}-${session}`, seq, at, saidBy, text })
    }
  }
  return { turns, questions }
}
