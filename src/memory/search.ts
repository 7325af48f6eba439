// Search under a clearance: text first, vectors fused in when there are any, current rows before ended ones.
import { CoopError } from '../errors.ts'
import { archivedMatches } from './archive.ts'
import { fuse } from './fuse.ts'
import type { Memo } from './row.ts'
import { find, type Scope, shown } from './scope.ts'
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
  /** Also what retention has put away. */
  readonly archived?: boolean
  readonly signal?: AbortSignal
}

export const defaultLimit = 10
const mostResults = 100

export async function search(
  scope: Scope,
  vectors: Vectors | null,
  text: string,
  options: SearchOptions = {},
): Promise<Memo[]> {
  const limit = Math.trunc(Math.min(options.limit ?? defaultLimit, mostResults))
  if (!(limit >= 1)) throw new CoopError('input_invalid', `A search gives 1 to ${mostResults} results.`)
  const refs = scope.readable.filter(ref => options.store === undefined || storeOf(ref) === options.store)
  const limits = { now: scope.now(), ...(options.kinds ? { kinds: options.kinds } : {}) }
  const dated = options.from !== undefined || options.to !== undefined
  const most = dated ? 600 : Math.max(2 * limit, 50)
  const [lexical, meaning] = await Promise.all([
    scope.searcher.search(refs, text, limits, most),
    vectors?.nearest(refs, text, options.signal) ?? [],
  ])
  const order = meaning.length > 0 ? fuse(lexical, meaning) : lexical
  const shelves = scope.shelves(options.store)
  const memos: Memo[] = []
  for (const { uid } of order) {
    const found = find(shelves, uid)
    if (!found) continue
    const memo = shown(found)
    if (options.kinds && (memo.kind === 'turn') !== (options.kinds === 'turns')) continue
    if (memo.at < (options.from ?? memo.at) || memo.at >= (options.to ?? memo.at + 1)) continue
    scope.used.set(uid, found.shelf.ref)
    if (memos.push(memo) === limit) break
  }
  if (options.archived && memos.length < limit)
    memos.push(...archivedMatches(shelves, text, limit - memos.length))
  return memos
}
