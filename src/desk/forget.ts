// Forgetting from memory and transcript together, as one clearance may: the only way in for tools, commands and program.
import type { Clearance } from '../access/clearance.ts'
import { questionTerms, termsOf } from '../memory/analyse.ts'
import type { ForgetWhat } from '../memory/forget.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Db } from '../store/database.ts'
import type { Block } from '../store/entry.ts'
import { entriesOf, entriesOfCall, erase } from '../store/erase.ts'

export type Forgettable = { readonly id: string } | { readonly person: string } | { readonly query: string }

export interface Forgotten {
  /** Memories, and with `sources` messages that memory had not taken over yet. */
  readonly forgotten: number
  /** False when another process held a write-ahead log; its bytes go with the next checkpoint. */
  readonly wiped: boolean
}

/**
 * Forgets memories and what the transcript shows of them; with `sources` also the messages they came from and,
 * for a query, every message of this person's own conversations that says it.
 */
export async function forgetFor(
  db: Db,
  view: MemoryView,
  clearance: Clearance,
  what: Forgettable,
  sources: boolean,
): Promise<Forgotten> {
  const asked: ForgetWhat = { ...what, sources, entriesOfCall: key => entriesOfCall(db, key) }
  const said = sources && 'query' in what ? await entriesSaying(db, clearance, what.query) : []
  const report = await view.forget(asked)
  const entries = sources ? [...new Set([...report.entries, ...said])] : []
  const clean = await erase(db, { ...report, entries })
  return { forgotten: report.forgotten, wiped: report.wiped && clean }
}

/** What was forgotten, as people read it. */
export const forgottenText = ({ forgotten, wiped }: Forgotten): string =>
  `${forgotten} forgotten. Backups, provider logs and chat apps keep their own copies.${
    wiped ? '' : ' The last bytes go when the log is next emptied.'
  }`

/** Entries of this person's own sessions, as far as they are open here, that have all words of the query. */
async function entriesSaying(db: Db, clearance: Clearance, query: string): Promise<number[]> {
  const wanted = questionTerms(query)
  const found: number[] = []
  if (clearance.person === null || wanted.length === 0) return found
  for await (const { id, labels, blocks } of entriesOf(db, clearance.person)) {
    if (!clearance.covers(labels)) continue
    const has = new Set(termsOf(blocks.map(wordsOf).join('\n')))
    if (wanted.every(term => has.has(term))) found.push(id)
  }
  return found
}

/** What a person or the agent said or asked for; what memory showed beside it is not said. */
function wordsOf(block: Block): string {
  if (block.type === 'text') return block.text
  return block.type === 'tool_call' ? JSON.stringify(block.input) : ''
}
