// The order of what was found: a pure function of the question and the candidates.
import { sittingGapMs } from './context.ts'
import { type NamedDate, partsOf } from './dates.ts'
import { sittingScores, sittingsOf } from './sittings.ts'

/** What one candidate brings, whatever shelf it is from. */
export interface Candidate {
  readonly uid: string
  /** Equal for turns of one session on one shelf. */
  readonly session: string | null
  readonly pos: number | null
  /** bm25 over all readable shelves together; bigger is better. */
  readonly match: number
  /** Share of the question's terms that it has, 0 to 1. */
  readonly coverage: number
  /** How many neighbouring terms of the question stand side by side in it. */
  readonly pairs: number
  readonly saidBy: string | null
  readonly people: readonly string[]
  readonly fact: boolean
  /** Share of its sentences that are questions. */
  readonly asks: number
  /** Its index terms in a line. */
  readonly says: string
  readonly tellsTime: boolean
  readonly tellsNumber: boolean
  readonly at: number
  readonly eventFrom: number | null
  readonly ended: boolean
  readonly pinned: boolean
  /** Milliseconds since it was last confirmed. */
  readonly ageMs: number
}

export interface Wish {
  /** The only person named, if just one is. */
  readonly person: string | null
  readonly dates: readonly NamedDate[]
  readonly wantsTime: boolean
  readonly wantsNumber: boolean
}

export interface Ranked {
  readonly uid: string
  readonly score: number
  /** Share of the question's terms that it has; 0 for what vectors found. */
  readonly coverage: number
}

/** Weights, as measured on long two-person conversations. */
const weights = {
  coverage: 0.4,
  pair: 1.2,
  previous: 0.45,
  next: 0.15,
  previous2: 0.3,
  next2: 0.1,
  session: 0.3,
  person: 2.2,
  asks: 0.6,
  answers: 0.8,
  telling: 1,
  repeats: 0.7,
  wanted: 1.6,
  date: 2,
  ended: 0.6,
} as const

/** A turn of so many index terms has room to tell something; "It was great!" has not, whatever stands beside it. */
const tellingTerms = 12

/** Best first; equal scores by id. */
export function rank(candidates: readonly Candidate[], wish: Wish): Ranked[] {
  const own = candidates.map(
    candidate => candidate.match * candidate.coverage ** weights.coverage + weights.pair * candidate.pairs,
  )
  const places = placesOf(candidates)
  const sittings = sittingsOf(candidates)
  const sessions = sittingScores(sittings, own)
  const top = own.reduce((max, score) => Math.max(max, score), 0)
  const best = Math.max(...sessions.values(), Number.MIN_VALUE)

  const ranked = candidates
    .map((candidate, index) => {
      const { session, pos, at, saidBy, says } = candidate
      const turns = session === null || pos === null ? undefined : places.get(session)
      let context = 0
      if (turns !== undefined && turns.size > 1) {
        const beside = (by: number): number | undefined => {
          const near = turns.get(pos! + by)
          return near !== undefined && Math.abs(candidates[near]!.at - at) <= sittingGapMs ? near : undefined
        }
        const scoreAt = (near: number | undefined) => (near === undefined ? 0 : own[near]!)
        const before = beside(-1)
        // What the other asks right before says what this turn is about.
        const asked =
          before !== undefined && candidates[before]!.saidBy !== saidBy ? candidates[before]!.asks : 0
        context =
          weights.previous * (1 + weights.answers * asked) * scoreAt(before) +
          weights.next * scoreAt(beside(1)) +
          weights.previous2 * scoreAt(beside(-2)) +
          weights.next2 * scoreAt(beside(2))
      }
      const sitting = sittings[index]
      const company = sitting == null ? 0 : weights.session * top * ((sessions.get(sitting) ?? 0) / best)
      const score = (own[index]! + context + company) * fit(candidate, wish)
      return { uid: candidate.uid, score, coverage: candidate.coverage, saidBy: saidBy ?? '', says }
    })
    .sort(bestFirst)
  return behindTheFirst(ranked)
}

/** Where in its session each candidate stands: by session, then by place. */
function placesOf(candidates: readonly Candidate[]): Map<string, Map<number, number>> {
  const places = new Map<string, Map<number, number>>()
  for (const [index, { session, pos }] of candidates.entries()) {
    if (session === null || pos === null) continue
    const turns = places.get(session)
    if (turns) turns.set(pos, index)
    else places.set(session, new Map([[pos, index]]))
  }
  return places
}

const bestFirst = (a: Ranked, b: Ranked): number => b.score - a.score || (a.uid < b.uid ? -1 : 1)

/** The same words of the same person a second time tell nothing more: they go behind. */
function behindTheFirst(
  ranked: readonly (Ranked & { readonly saidBy: string; readonly says: string })[],
): Ranked[] {
  const seen = new Map<string, Set<string>>()
  return ranked
    .map(({ uid, score, coverage, saidBy, says }) => {
      const theirs = seen.get(saidBy) ?? new Set<string>()
      if (theirs.size === 0) seen.set(saidBy, theirs)
      const again = theirs.has(says)
      theirs.add(says)
      return { uid, score: again ? score * weights.repeats : score, coverage }
    })
    .sort(bestFirst)
}

/** How well a candidate fits what the question asks for beside its words. */
function fit(candidate: Candidate, wish: Wish): number {
  let factor = 1 - weights.asks * candidate.asks
  factor *= 1 + weights.telling * (candidate.fact ? 1 : roomToTell(candidate.says))
  if (wish.person !== null) {
    const theirs =
      candidate.saidBy === wish.person || (candidate.fact && candidate.people.includes(wish.person))
    if (theirs) factor *= weights.person
  }
  if ((wish.wantsTime && candidate.tellsTime) || (wish.wantsNumber && candidate.tellsNumber))
    factor *= weights.wanted
  factor *= 1 + dateFit(candidate, wish.dates)
  if (candidate.ended) factor *= weights.ended
  return factor * freshness(candidate)
}

/** The share of `tellingTerms` that a line of terms has, at most 1; what is behind them is not read. */
function roomToTell(terms: string): number {
  if (terms === '') return 0
  let count = 1
  for (let at = terms.indexOf(' '); at >= 0 && count < tellingTerms; at = terms.indexOf(' ', at + 1)) count++
  return count / tellingTerms
}

/** Age breaks ties among facts and never more: between 1 and .85. */
function freshness({ fact, pinned, ageMs }: Candidate): number {
  if (!fact || pinned) return 1
  return 0.85 + 0.15 * 0.5 ** (Math.max(ageMs, 0) / (90 * 86_400_000))
}

function dateFit(candidate: Candidate, dates: readonly NamedDate[]): number {
  if (dates.length === 0) return 0
  let best = 0
  const moments = candidate.eventFrom === null ? [candidate.at] : [candidate.at, candidate.eventFrom]
  for (const date of dates) {
    for (const moment of moments) best = Math.max(best, agreement(date, partsOf(moment)))
  }
  return best
}

function agreement(date: NamedDate, parts: Required<NamedDate>): number {
  if (date.year !== undefined && date.year !== parts.year) return 0
  if (date.month === undefined) return date.year === undefined ? 0 : 0.25 * weights.date
  if (date.month !== parts.month) return 0
  if (date.day === undefined) return 0.5 * weights.date
  const apart = Math.abs(date.day - parts.day)
  return apart === 0 ? weights.date : apart <= 3 ? 0.5 * weights.date : 0.25 * weights.date
}
