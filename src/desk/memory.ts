// The memory hand of one tool call: a view's answers as lines, each line noted for the disclosure ledger.
import { happenedAt } from '../memory/browse.ts'
import { isoDay } from '../memory/dates.ts'
import { lineOf } from '../memory/prompt-index.ts'
import type { Memo } from '../memory/row.ts'
import type { StoreName } from '../memory/shelves.ts'
import type { MemoryView } from '../memory/view.ts'
import type { Asking } from '../memory/write.ts'
import type { Disclosed } from '../store/disclosure.ts'
import type { MemoryHand, MemoryLines, MemoryQuery } from '../tools/hands/memory.ts'
import { type Forgettable, type Forgotten, forgottenText } from './forget.ts'

export interface MemoryHandDeps {
  readonly view: MemoryView
  /** On whose word things are changed: the person's name, the turn's worst origin, the call's id. */
  readonly asking: () => Asking
  /** Told which rows the model was given. */
  readonly disclose: (given: readonly Disclosed[]) => void
  /** Forgets in memory and transcript. */
  readonly forget: (what: Forgettable, sources: boolean) => Promise<Forgotten>
}

/** The hand, or null where no memory may be read. */
export function openMemoryHand({ view, asking, disclose, forget }: MemoryHandDeps): MemoryHand | null {
  if (view.stores.length === 0) return null

  const lines = (memos: readonly Memo[], none = 'Nothing found.', full = false): MemoryLines => {
    disclose(memos.map(memo => ({ kind: 'memory', ref: memo.id, labels: [memo.store] })))
    return {
      text:
        memos.length === 0
          ? none
          : memos.map(memo => (full ? inFull(memo) : `${lineOf(memo)} (${short(memo.store)})`)).join('\n'),
      outside: memos.some(memo => memo.quoted),
    }
  }
  const options = ({ store, text: _, ...rest }: MemoryQuery) => ({ ...rest, ...storeNamed(view, store) })

  return {
    writable: view.writable,
    search: async query => lines(await view.search(query.text, options(query))),
    async sessions(query) {
      const hits = await view.sessions(query.text, query.limit)
      const best = lines(
        hits.map(hit => hit.best),
        'No conversation fits.',
      )
      if (hits.length === 0) return best
      const text = hits.map(
        ({ session, from, to, turns, best }) =>
          `${session}, ${isoDay(from)} to ${isoDay(to)}, ${turns} messages:\n  ${lineOf(best)}`,
      )
      return { ...best, text: text.join('\n') }
    },
    get: ids =>
      lines(
        ids.map(id => view.get(id)),
        undefined,
        true,
      ),
    async timeline(query) {
      if (query.text !== '') {
        const found = await view.search(query.text, options(query))
        return lines(found.toSorted((a, b) => happenedAt(a) - happenedAt(b)))
      }
      const order = query.from === undefined ? 'newest' : 'oldest'
      return lines(view.list({ ...options(query), order, by: 'happened' }))
    },
    people: () => ({
      text:
        view
          .people()
          .map(({ name, aliases, memories, lastAt }) => {
            const also = aliases.length > 0 ? `, also ${aliases.join(', ')}` : ''
            return `- ${name}${also}: ${memories} memories, last ${isoDay(lastAt)}`
          })
          .join('\n') || 'Nobody is known yet.',
      outside: false,
    }),
    write: note => done('Remembered', view.write(note, asking())),
    pin: (id, on) => done(on ? 'Pinned' : 'Unpinned', view.pin(id, on, asking())),
    promote: (id, store) => done('Moved', view.promote(id, store, asking())),
    alias(name, person, store) {
      view.alias(name, person, store)
      return { text: `“${name}” now also means ${person}.`, outside: false }
    },
    forget: async (what, sources) => ({ text: forgottenText(await forget(what, sources)), outside: false }),
  }
}

const done = (what: string, memo: Memo): MemoryLines => ({
  text: `${what} in ${short(memo.store)} as ${memo.id.slice(0, 8)}.`,
  outside: false,
})

const inFull = (memo: Memo): string => {
  const body = memo.title ? `${memo.title}\n${memo.text}` : memo.text
  const head = lineOf({ ...memo, title: null, text: '' }).replace(/:? ?(“”)? \[/, ' [')
  return memo.quoted ? `${head}\n> ${body.replaceAll('\n', '\n> ')}` : `${head}\n${body}`
}

const short = (store: StoreName): string => (store.startsWith('personal:') ? 'personal' : store)

/** A store by the name a model uses; one that is not open here finds nothing. */
function storeNamed(view: MemoryView, name: string | undefined): { store?: StoreName } {
  if (name === undefined) return {}
  const store = view.stores.find(open => open === name || short(open) === name)
  return { store: store ?? ('personal:' as StoreName) }
}
