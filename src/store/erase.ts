// Takes forgotten words out of coop.db for good: whole turns, and the lines that quoted a forgotten memory.
import { setImmediate as breathe } from 'node:timers/promises'
import { removeCopies } from './copies.ts'
import type { Db } from './database.ts'
import { openDisclosures } from './disclosure.ts'
import type { Block } from './entry.ts'

/** What stands where words were. */
export const forgotten = '[forgotten]'

export interface Erasure {
  /** Entries whose whole turns go: what was said, done and answered in them. */
  readonly entries: readonly number[]
  /** Ids of forgotten memories: the lines that showed them to the model go, and the ledger’s rows. */
  readonly memories: readonly string[]
  /** What the memories said, for where they were shown in full. */
  readonly texts: readonly string[]
}

const slice = 500
const shortestQuote = 4

/**
 * Erases, empties the write-ahead log and removes copies that a migration left. False when another process holds
 * the log; its bytes go with the next checkpoint.
 */
export async function erase(db: Db, what: Erasure): Promise<boolean> {
  eraseTurns(db, what.entries)
  await eraseQuotes(db, what)
  const disclosures = openDisclosures(db)
  for (const memory of what.memories) disclosures.forget(memory)
  removeCopies(db.name)
  return emptyLog(db)
}

/** Empties the write-ahead log, which otherwise keeps what was erased. False when another process held it. */
export function emptyLog(db: Db): boolean {
  const [state] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[]
  return state?.busy === 0
}

/** The entries of the turn in which a tool call was made; `key` is its turn and call. */
export const entriesOfCall = (db: Db, key: string): number[] =>
  (
    db.prepare('SELECT id FROM entry WHERE turn = ?').all(key.slice(0, Math.max(key.indexOf(':'), 0))) as {
      id: number
    }[]
  ).map(({ id }) => id)

/** Goes through the entries of one person’s own sessions, oldest first, a slice at a time. */
export async function* entriesOf(
  db: Db,
  person: string,
): AsyncGenerator<{ id: number; labels: readonly string[]; blocks: readonly Block[] }> {
  const next = db.prepare<[number, string, number], { id: number; labels: string; body: string }>(
    `SELECT id, labels, body FROM entry WHERE id > ? AND session IN (SELECT id FROM session WHERE person = ?)
     ORDER BY id LIMIT ?`,
  )
  for (let after = 0; ; await breathe()) {
    const rows = next.all(after, person, slice)
    for (const { id, labels, body } of rows)
      yield { id, labels: JSON.parse(labels), blocks: JSON.parse(body) }
    if (rows.length < slice) return
    after = rows.at(-1)!.id
  }
}

function eraseTurns(db: Db, entries: readonly number[]): void {
  const update = db.prepare('UPDATE entry SET body = ? WHERE id = ?')
  const one = db.prepare<[number], { id: number; turn: string | null; body: string }>(
    'SELECT id, turn, body FROM entry WHERE id = ?',
  )
  const ofTurn = db.prepare<[string], { id: number; body: string }>(
    'SELECT id, body FROM entry WHERE turn = ?',
  )
  const inTurn = [
    "UPDATE inbox SET body = json_set(body, '$.text', ?) WHERE turn = ?",
    "UPDATE outbox SET body = json_set(body, '$.text', ?) WHERE turn = ? AND state = 'sent'",
    "UPDATE approval SET question = ? WHERE turn = ? AND state <> 'open'",
  ].map(sql => db.prepare(sql))
  db.transaction(() => {
    const turns = new Set<string>()
    for (const id of entries) {
      const row = one.get(id)
      if (!row) continue
      update.run(emptied(row.body), id)
      if (row.turn !== null) turns.add(row.turn)
    }
    for (const turn of turns) {
      for (const { id, body } of ofTurn.all(turn)) update.run(emptied(body), id)
      for (const statement of inTurn) statement.run(forgotten, turn)
    }
  })()
}

/** Looks through everything said and sent, a slice at a time: a memory may have been shown in any session. */
async function eraseQuotes(db: Db, { memories, texts }: Erasure): Promise<void> {
  if (memories.length === 0) return
  const marks = memories.map(id => `[${id.slice(0, 8)}]`)
  const cleaned = (text: string): string => unquoted(text, marks, texts)
  const inEntry = (body: string): string =>
    JSON.stringify(
      (JSON.parse(body) as Block[]).map(block =>
        'text' in block ? { ...block, text: cleaned(block.text) } : block,
      ),
    )
  const inMessage = (body: string): string => {
    const message = JSON.parse(body) as { text?: string }
    return JSON.stringify(message.text === undefined ? message : { ...message, text: cleaned(message.text) })
  }
  const tables = [
    [
      'SELECT id, body FROM entry WHERE id > ? ORDER BY id LIMIT ?',
      'UPDATE entry SET body = ? WHERE id = ?',
      inEntry,
    ],
    [
      "SELECT id, body FROM outbox WHERE id > ? AND state = 'sent' ORDER BY id LIMIT ?",
      'UPDATE outbox SET body = ? WHERE id = ?',
      inMessage,
    ],
  ] as const
  for (const [select, write, change] of tables) {
    const next = db.prepare<[number, number], { id: number; body: string }>(select)
    const update = db.prepare(write)
    for (let after = 0; ; await breathe()) {
      const rows = next.all(after, slice)
      db.transaction(() => {
        for (const { id, body } of rows)
          if (marks.some(mark => body.includes(mark))) update.run(change(body), id)
      })()
      if (rows.length < slice) break
      after = rows.at(-1)!.id
    }
  }
}

/** A text without the lines that show these memories, nor what they say. */
function unquoted(text: string, marks: readonly string[], texts: readonly string[]): string {
  const kept = text
    .split('\n')
    .map(line => {
      const mark = marks.find(one => line.includes(one))
      return mark === undefined ? line : `- ${forgotten}${line.slice(line.lastIndexOf(mark) + mark.length)}`
    })
    .join('\n')
  return texts
    .filter(one => one.length >= shortestQuote)
    .flatMap(one => [one, one.replaceAll('\n', '\n> ')])
    .reduce((rest, one) => rest.replaceAll(one, forgotten), kept)
}

/** An entry without its words. Calls and results stay paired: a provider refuses a history in which they are not. */
function emptied(body: string): string {
  const blocks = (JSON.parse(body) as Block[]).flatMap((block): Block[] => {
    switch (block.type) {
      case 'text':
        return [{ ...block, text: forgotten }]
      case 'tool_call':
        return [{ type: 'tool_call', id: block.id, name: block.name, input: {} }]
      case 'tool_result':
        return [{ ...block, text: forgotten }]
      case 'context':
      case 'thinking':
      case 'image':
      case 'document':
        return []
    }
    return block satisfies never
  })
  return JSON.stringify(blocks.length > 0 ? blocks : [{ type: 'text', text: forgotten }])
}
