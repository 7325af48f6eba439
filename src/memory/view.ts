// What one clearance may do with memory. The only way in.
import { type Clearance, checkClearance } from '../access/clearance.ts'
import {
  type ListOptions,
  listPeople,
  listRows,
  listSessions,
  type PersonNote,
  type SessionHit,
  type StoreStats,
  stats,
} from './browse.ts'
import { countSaying, type ForgetReport, type ForgetWhat, forget } from './forget.ts'
import { mended } from './mend.ts'
import { type PromptIndex, type PromptIndexOptions, promptIndex } from './prompt-index.ts'
import type { Memo } from './row.ts'
import { openStores, type Room, type Scope, scopeOf, shown } from './scope.ts'
import { type SearchOptions, search } from './search.ts'
import { type StoreName, storeOf } from './shelves.ts'
import { exportLines, type Import, type Line, shelfOf } from './transfer.ts'
import type { Vectors } from './vectors.ts'
import { type Asking, alias, found, type Note, pin, promote, write } from './write.ts'

export interface MemoryView {
  /** Stores that may be read here, each once. */
  readonly stores: readonly StoreName[]
  /** Stores that may be written here, as `Note.store` takes them. */
  readonly writable: readonly string[]
  search(text: string, options?: SearchOptions): Promise<Memo[]>
  /** By id or its first eight letters. Throws `not_found`, also for what may not be read. */
  get(id: string): Memo
  list(options?: ListOptions): Memo[]
  people(limit?: number): PersonNote[]
  sessions(text: string, limit?: number): Promise<SessionHit[]>
  promptIndex(text: string, options?: PromptIndexOptions): Promise<PromptIndex>
  stats(): StoreStats[]
  write(note: Note, by: Asking): Memo
  pin(id: string, on: boolean, by: Asking): Memo
  promote(id: string, to: string, by: Asking): Memo
  alias(name: string, person: string, store?: string): void
  /** How many memories that may be changed here say all words of a text. */
  saying(text: string): number
  forget(what: ForgetWhat): Promise<ForgetReport>
  export(): Generator<string>
  import(into: Import, lines: readonly Line[]): number
  /** Throws `not_permitted` for a line that cannot be imported here. */
  checkLine(line: Line): void
}

export function openView(room: Room, vectors: Vectors | null, clearance: Clearance): MemoryView {
  checkClearance(clearance)
  const scope: Scope = scopeOf(room, clearance)
  const sound = <T>(work: () => T): T =>
    mended(
      scope.readable.map(ref => ref.owner),
      room.mend,
      work,
    )
  return {
    stores: [...new Set(scope.readable.map(storeOf))],
    writable: openStores(scope),
    search: (text, options) => search(scope, vectors, text, options),
    get: id => shown(found(scope, id)),
    list: options => listRows(scope, options),
    people: limit => listPeople(scope, limit),
    sessions: (text, limit) => listSessions(scope, text, limit),
    promptIndex: (text, options) => promptIndex(scope, text, options),
    stats: () => stats(scope, vectors),
    write: (note, by) => sound(() => write(scope, note, by)),
    pin: (id, on, by) => pin(scope, id, on, by),
    promote: (id, to, by) => sound(() => promote(scope, id, to, by)),
    alias: (name, person, store) => alias(scope, name, person, store),
    saying: text => countSaying(scope, text),
    forget: what => forget(scope, what),
    export: () => exportLines(scope),
    import: (into, lines) => into.add(scope, lines),
    checkLine: line => void shelfOf(scope, line),
  }
}
