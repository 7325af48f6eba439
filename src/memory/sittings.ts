// The stretches of talk that candidates are from, and how well each stretch fits as a whole.
import { sittingGapMs } from './context.ts'

interface Told {
  readonly session: string | null
  readonly at: number
}

/** Which stretch of talk each candidate is from: a session goes on for years, people pause. */
export function sittingsOf(candidates: readonly Told[]): (number | null)[] {
  const sittings: (number | null)[] = candidates.map(() => null)
  const order = [...candidates.keys()].sort((a, b) => candidates[a]!.at - candidates[b]!.at)
  const last = new Map<string, { at: number; sitting: number }>()
  let next = 0
  for (const index of order) {
    const { session, at } = candidates[index]!
    if (session === null) continue
    const before = last.get(session)
    const sitting = before === undefined || at - before.at > sittingGapMs ? next++ : before.sitting
    last.set(session, { at, sitting })
    sittings[index] = sitting
  }
  return sittings
}

/** For each sitting the sum of its three best turns. */
export function sittingScores(
  sittings: readonly (number | null)[],
  own: readonly number[],
): Map<number, number> {
  const best = new Map<number, [number, number, number]>()
  for (const [index, sitting] of sittings.entries()) {
    if (sitting === null) continue
    const score = own[index]!
    const three = best.get(sitting)
    if (three === undefined) best.set(sitting, [score, 0, 0])
    else if (score > three[2]) place(three, score)
  }
  return new Map([...best].map(([sitting, [first, second, third]]) => [sitting, first + second + third]))
}

/** Puts a score above zero among the three best, which are in order. */
function place(three: [number, number, number], score: number): void {
  if (score > three[0]) [three[0], three[1], three[2]] = [score, three[0], three[1]]
  else if (score > three[1]) [three[1], three[2]] = [score, three[1]]
  else three[2] = score
}
