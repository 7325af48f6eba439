// The order of what was found: a pure function of the question and the candidates.
import { sittingGapMs } from './context.ts'
import { type NamedDate, partsOf } from './dates.ts'

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
  person: 1.8,
  asks: 0.6,
  wanted: 1.4,
  date: 2,
  ended: 0.6,
} as const

/** Best first; equal scores by id. */
export function rank(candidates: readonly Candidate[], wish: Wish): Ranked[] {
  const own = candidates.map(
    candidate => candidate.match * candidate.coverage ** weights.coverage + weights.pair * candidate.pairs,
  )
  const places = new Map<string, { score: number; at: number }>()
  for (const [index, { session, pos, at }] of candidates.entries()) {
    if (session !== null && pos !== null) places.set(`${session}:${pos}`, { score: own[index]!, at })
  }
  const sittings = sittingsOf(candidates)
  const sessions = sessionScores(sittings, own)
  const top = own.reduce((max, score) => Math.max(max, score), 0)
  const best = Math.max(...sessions.values(), Number.MIN_VALUE)

  return candidates
    .map((candidate, index) => {
      const { session, pos, at } = candidate
      const beside = (by: number) => {
        const near = session === null || pos === null ? undefined : places.get(`${session}:${pos + by}`)
        return near && Math.abs(near.at - at) <= sittingGapMs ? near.score : 0
      }
      const context =
        weights.previous * beside(-1) +
        weights.next * beside(1) +
        weights.previous2 * beside(-2) +
        weights.next2 * beside(2)
      const sitting = sittings[index]
      const company = sitting == null ? 0 : weights.session * top * ((sessions.get(sitting) ?? 0) / best)
      const score = (own[index]! + context + company) * fit(candidate, wish)
      return { uid: candidate.uid, score, coverage: candidate.coverage }
    })
    .sort((a, b) => b.score - a.score || (a.uid < b.uid ? -1 : 1))
}

/** How well a candidate fits what the question asks for beside its words. */
function fit(candidate: Candidate, wish: Wish): number {
  let factor = 1 - weights.asks * candidate.asks
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

/** Age breaks ties among facts and never more: between 1 and .85. */
function freshness({ fact, pinned, ageMs }: Candidate): number {
  if (!fact || pinned) return 1
  return 0.85 + 0.15 * 0.5 ** (Math.max(ageMs, 0) / (90 * 86_400_000))
}

function dateFit(candidate: Candidate, dates: readonly NamedDate[]): number {
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

/** Which stretch of talk each candidate is from: a session goes on for years, people pause. */
function sittingsOf(candidates: readonly Candidate[]): (string | null)[] {
  const sittings: (string | null)[] = candidates.map(() => null)
  const order = [...candidates.keys()].sort((a, b) => candidates[a]!.at - candidates[b]!.at)
  const last = new Map<string, { at: number; count: number }>()
  for (const index of order) {
    const { session, at } = candidates[index]!
    if (session === null) continue
    const before = last.get(session)
    const count = before === undefined ? 0 : before.count + (at - before.at > sittingGapMs ? 1 : 0)
    last.set(session, { at, count })
    sittings[index] = `${session}#${count}`
  }
  return sittings
}

/** For each sitting the sum of its three best turns. */
function sessionScores(sittings: readonly (string | null)[], own: readonly number[]): Map<string, number> {
  const scores = new Map<string, number[]>()
  for (const [index, sitting] of sittings.entries()) {
    if (sitting === null) continue
    const list = scores.get(sitting)
    if (list) list.push(own[index]!)
    else scores.set(sitting, [own[index]!])
  }
  return new Map(
    [...scores].map(([session, list]) => [
      session,
      list
        .sort((a, b) => b - a)
        .slice(0, 3)
        .reduce((sum, score) => sum + score, 0),
    ]),
  )
}
