// Search under a clearance: text first, vectors fused in when there are any, current rows before ended ones.
import { CoopError } from '../errors.ts'
import { archivedMatches } from './archive.ts'
import type { Shelf } from './files.ts'
import { fuse } from './fuse.ts'
import type { Ranked } from './rank.ts'
import type { Memo } from './row.ts'
import { type Found, find, findAll, type Scope, shown } from './scope.ts'
import { type StoreName, storeOf } from './shelves.ts'
import type { Vectors } from './vectors.ts'

export interface SearchOptions {
  /** Default 10, at most 100. */
  readonly limit?: number
  readonly store?: StoreName
  readonly kinds?: 'turns' | 'facts'
  /** Only rows said in this span, milliseconds since 1970. */
  readonly from?: number
  readonly to?: number
  /** What was true at this moment, whatever came after. */
  readonly asOf?: number
  /** Also what retention has put away. */
  readonly archived?: boolean
  readonly signal?: AbortSignal
}

export const defaultLimit = 10
const mostResults = 100

/** Best first. Throws `input_invalid` for a limit below one. */
export async function search(
  scope: Scope,
  vectors: Vectors | null,
  text: string,
  options: SearchOptions = {},
): Promise<Memo[]> {
  const limit = Math.trunc(Math.min(options.limit ?? defaultLimit, mostResults))
  if (!(limit >= 1)) throw new CoopError('input_invalid', `A search gives 1 to ${mostResults} results.`)
  const refs = scope.readable.filter(ref => options.store === undefined || storeOf(ref) === options.store)
  const limits = { now: options.asOf ?? scope.now(), ...(options.kinds ? { kinds: options.kinds } : {}) }
  const dated = [options.from, options.to, options.asOf].some(moment => moment !== undefined)
  const most = dated ? 600 : Math.max(2 * limit, 50)
  const [lexical, meaning] = await Promise.all([
    scope.searcher.search(refs, text, limits, most),
    vectors?.nearest(refs, text, options.signal) ?? [],
  ])
  const order = meaning.length > 0 ? fuse(lexical, meaning) : lexical
  const shelves = scope.shelves(options.store)
  const memos: Memo[] = []
  for (const found of foundIn(shelves, order, 2 * limit)) {
    const memo = shown(found)
    if (options.kinds && (memo.kind === 'turn') !== (options.kinds === 'turns')) continue
    if (!fits(memo, options)) continue
    scope.used.set(memo.id, found.shelf.ref)
    if (memos.push(memo) === limit) break
  }
  if ((options.archived || options.asOf !== undefined) && memos.length < limit) {
    const archived = archivedMatches(shelves, text, mostResults).filter(memo => fits(memo, options))
    memos.push(...archived.slice(0, limit - memos.length))
  }
  return options.asOf === undefined ? folded(scope, memos).slice(0, limit) : memos
}

/** The rows in this order, read a slice at a time: mostly the first is enough. */
function* foundIn(shelves: readonly Shelf[], order: readonly Ranked[], slice: number): Generator<Found> {
  for (let from = 0; from < order.length; from += slice) {
    const uids = order.slice(from, from + slice).map(({ uid }) => uid)
    yield* findAll(shelves, uids)
  }
}

function fits({ at, since, until }: Memo, { from = at, to = at + 1, asOf }: SearchOptions): boolean {
  return at >= from && at < to && (asOf === undefined || (since <= asOf && (until === null || until > asOf)))
}

/** What was replaced goes right behind what came in its place, which is fetched if the search did not find it. */
function folded(scope: Scope, memos: readonly Memo[]): Memo[] {
  if (memos.every(memo => memo.replacedBy === null)) return [...memos]
  const out = new Map<string, Memo>()
  const shelves = scope.shelves()
  const put = (memo: Memo): void => {
    if (out.has(memo.id)) return
    const heir = memo.replacedBy === null ? undefined : find(shelves, memo.replacedBy)
    if (heir) put(memos.find(one => one.id === memo.replacedBy) ?? shown(heir))
    if (out.has(memo.id)) return
    out.set(memo.id, memo)
    for (const older of memos) if (older.replacedBy === memo.id) put(older)
  }
  for (const memo of memos) put(memo)
  return [...out.values()]
}
