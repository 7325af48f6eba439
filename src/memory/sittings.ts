// The stretches of talk that candidates are from, and how well each stretch fits as a whole.
import { sittingGapMs } from './context.ts'

interface Told {
  readonly session: string | null
  readonly at: number
}

/** Which stretch of talk each candidate is from: a session goes on for years, people pause. */
export function sittingsOf(candidates: readonly Told[]): (string | null)[] {
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
export function sittingScores(
  sittings: readonly (string | null)[],
  own: readonly number[],
): Map<string, number> {
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
