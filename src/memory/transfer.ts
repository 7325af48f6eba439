// Memory as JSON lines: what `coop memory export` writes, import reads back.
import { hash as digest } from 'node:crypto'
import { z } from 'zod'
import { CoopError } from '../errors.ts'
import { termsOf } from './analyse.ts'
import { refreshSession, sittingGapMs } from './context.ts'
import type { Shelf } from './files.ts'
import { hashOf, insertRow, nextPosition } from './insert.ts'
import { mended } from './mend.ts'
import type { Row } from './row.ts'
import { type Scope, targetOf, writable } from './scope.ts'
import { withoutSecrets } from './secrets.ts'
import { personalShelves, type ShelfRef, storeOf } from './shelves.ts'
import { tighten } from './tighten.ts'
import { maxTextBytes } from './write.ts'

const name = z.string().max(200)
const lineSchema = z.object({
  kind: z.enum(['turn', 'fact', 'summary']).default('turn'),
  store: z.string().optional(),
  owner: z.string().optional(),
  /** Of a personal row: the level it was said at. */
  level: z.enum(personalShelves).optional(),
  text: z.string('is missing, or no text').min(1, 'is empty'),
  title: z.string().max(500).nullish(),
  said_by: name.nullish(),
  session: z.union([name, z.number().transform(String)]).nullish(),
  seq: z
    .union([
      z.number(),
      z
        .string()
        .regex(/^\d{1,15}$/)
        .transform(Number),
    ])
    .nullish(),
  at: z
    .string()
    .refine(text => !Number.isNaN(timeOf(text)), 'is not an ISO 8601 time')
    .nullish(),
  people: z.array(name).max(100).nullish(),
  ref: z.union([name, z.number().transform(String)]).nullish(),
})

export type Line = z.output<typeof lineSchema>

/** What a line may have. */
export const lineFields: readonly string[] = Object.keys(lineSchema.shape)

/** Reads one line. Throws `input_invalid` with what is wrong about it; `unread` gets what it has besides. */
export function parseLine(text: string, unread?: (field: string) => void): Line {
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch (cause) {
    throw new CoopError('input_invalid', 'not JSON', { cause })
  }
  const parsed = lineSchema.safeParse(raw)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw new CoopError('input_invalid', `${issue.path.join('.') || 'the line'}: ${issue.message}`)
  }
  const bytes = Buffer.byteLength(parsed.data.text)
  if (bytes > maxTextBytes) {
    throw new CoopError(
      'input_invalid',
      `text: ${Math.ceil(bytes / 1024)} KB; a memory holds at most ${maxTextBytes / 1024} KB`,
    )
  }
  if (unread) for (const field of Object.keys(raw as object)) if (!lineFields.includes(field)) unread(field)
  return parsed.data
}

export interface Import {
  /** Stores a batch in one transaction a file; returns how many were new. */
  add(scope: Scope, lines: readonly Line[]): number
  /** Gives the sessions that were added to their context, and the text index its lasting form. Call it once at the end. */
  finish(): void
}

/** So much of a text index is merged in one commit. */
const mergedPages = 1_000

/** An import. Lines that were imported before are not stored again. */
export function openImport(): Import {
  const touched = new Map<string, { scope: Scope; ref: ShelfRef; sessions: Set<string> }>()

  function add(scope: Scope, lines: readonly Line[]): number {
    const shelves = new Map<string, { shelf: Shelf; lines: Line[] }>()
    for (const line of lines) {
      const shelf = scope.files.shelf(shelfOf(scope, line))
      const key = `${shelf.ref.owner ?? ''}/${shelf.ref.id}`
      const list = shelves.get(key)
      if (list) list.lines.push(line)
      else shelves.set(key, { shelf, lines: [line] })
    }
    let stored = 0
    for (const [key, { shelf, lines }] of shelves) {
      const group = touched.get(key) ?? { scope, ref: shelf.ref, sessions: new Set<string>() }
      touched.set(key, group)
      const storeAll = shelf.db.transaction(() => {
        const context = contextOf(lines)
        const places = placesIn(shelf)
        return lines.filter(line => store(scope, shelf, line, context.get(line), places))
      })
      const fresh = mended([shelf.ref.owner], scope.mend, storeAll)
      stored += fresh.length
      for (const { kind, session } of fresh)
        if (kind === 'turn' && session != null) group.sessions.add(session)
    }
    return stored
  }

  return {
    add,
    finish() {
      for (const { scope, ref, sessions } of touched.values()) {
        const shelf = scope.files.shelf(ref)
        shelf.db.transaction(() => {
          for (const session of sessions) refreshSession(shelf, session)
        })()
        while (tighten(shelf, mergedPages));
      }
      touched.clear()
    },
  }
}

/** A time without its zone is UTC. */
function timeOf(text: string): number {
  return Date.parse(/^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(text) ? `${text}Z` : text)
}

const momentOf = (line: Line): number => (line.at == null ? 0 : timeOf(line.at))

/** Everything the clearance reads, in the order it was stored. */
export function* exportLines(scope: Scope): Generator<string> {
  for (const ref of scope.readable) {
    let after = 0
    for (;;) {
      const shelf = scope.files.existing(ref)
      const rows = shelf
        ? (shelf
            .sql(`SELECT * FROM ${shelf.tables.mem} WHERE id > ? ORDER BY id LIMIT 500`)
            .all(after) as Row[])
        : []
      if (rows.length === 0) break
      after = rows.at(-1)!.id
      for (const row of rows) yield JSON.stringify(lineOf(row, ref))
    }
  }
}

function lineOf(row: Row, ref: ShelfRef): Record<string, unknown> {
  const people = JSON.parse(row.people) as string[]
  return {
    kind: row.kind,
    store: ref.owner === null ? storeOf(ref) : 'personal',
    ...(ref.owner === null ? {} : { owner: ref.owner, level: ref.id }),
    text: row.body,
    ...(row.title === null ? {} : { title: row.title }),
    ...(row.said_by === null ? {} : { said_by: row.said_by }),
    ...(row.session === null ? {} : { session: row.session }),
    ...(row.seq === null ? {} : { seq: row.seq }),
    at: new Date(row.at).toISOString(),
    ...(people.length === 0 ? {} : { people }),
    ...(row.ref === null ? {} : { ref: row.ref }),
  }
}

/** Where a line goes. A personal one to the level it was said at; if it does not say, to the highest open. */
export function shelfOf(scope: Scope, line: Line): ShelfRef {
  const target = targetOf(scope, line.store ?? (line.owner === undefined ? undefined : 'personal'))
  if (target.owner === null) return target
  const open = writable(scope).filter(ref => ref.owner !== null)
  const found = line.level === undefined ? open.at(-1) : open.find(ref => ref.id === line.level)
  if (!found) throw new CoopError('not_permitted', `level: "${line.level}" is not open here`)
  return found
}

interface Context {
  /** Index terms of the line itself. */
  readonly terms: readonly string[]
  /** Those of the lines before and after, in one text. */
  readonly near: string
}

/** The context of each turn, as far as these lines hold it: most rows are then written once. */
function contextOf(lines: readonly Line[]): Map<Line, Context> {
  const sessions = new Map<string, Line[]>()
  for (const line of lines) {
    if (line.kind !== 'turn' || line.session == null) continue
    const session = sessions.get(line.session)
    if (session) session.push(line)
    else sessions.set(line.session, [line])
  }
  const contexts = new Map<Line, Context>()
  for (const session of sessions.values()) {
    const told = session
      .map(line => ({ line, at: momentOf(line), terms: termsOf(textOf(line)) }))
      .sort((a, b) => a.at - b.at || (a.line.seq ?? 0) - (b.line.seq ?? 0))
    for (const [index, { line, at, terms }] of told.entries()) {
      const beside = [told[index - 1], told[index + 1]].filter(
        other => other && Math.abs(other.at - at) <= sittingGapMs,
      )
      contexts.set(line, { terms, near: beside.flatMap(other => other!.terms).join(' ') })
    }
  }
  return contexts
}

/** What a line says, without the secrets in it. */
const textOf = ({ title, text }: Line): string =>
  title ? `${withoutSecrets(title)}\n${withoutSecrets(text)}` : withoutSecrets(text)

/** Gives out the places of each session in turn; the shelf is asked once a session. Good for one transaction. */
function placesIn(shelf: Shelf): (session: string) => number {
  const next = new Map<string, number>()
  return session => {
    const place = next.get(session) ?? nextPosition(shelf, session)
    next.set(session, place + 1)
    return place
  }
}

function store(
  scope: Scope,
  shelf: Shelf,
  line: Line,
  context: Context | undefined,
  places: (session: string) => number,
): boolean {
  const now = scope.now()
  const body = withoutSecrets(line.text)
  const at = line.at == null ? now : timeOf(line.at)
  const identity = [
    line.kind,
    line.session,
    line.seq,
    line.said_by,
    line.at,
    line.ref,
    hashOf(body).toString('hex'),
  ]
  const key = `import:${digest('sha256', JSON.stringify(identity)).slice(0, 32)}`
  if (shelf.sql(`SELECT 1 FROM ${shelf.tables.mem} WHERE key = ?`).pluck().get(key)) return false
  insertRow(shelf, {
    uid: scope.uid(),
    key,
    kind: line.kind,
    title: line.title == null ? null : withoutSecrets(line.title),
    body,
    saidBy: line.said_by ?? null,
    author: null,
    people: line.people ?? [],
    session: line.session ?? null,
    seq: line.seq ?? null,
    at,
    recordedAt: now,
    origin: 'imported',
    originTrust: scope.clearance.acts,
    ref: line.ref ?? null,
    ...context,
    ...(line.kind === 'turn' && line.session != null ? { pos: places(line.session) } : {}),
  })
  return true
}
