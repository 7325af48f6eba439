// Reciprocal rank fusion of what the words found and what the vectors found.
import type { Ranked } from './rank.ts'

const k = 60
/**
 * Where a row has most of the question's words, words decide and vectors settle what is close; where none
 * does, both count the same. So a poor embedding model cannot spoil what words alone find.
 */
const meaningShare = { settled: 0.05, open: 1 }
const wellCovered = 0.5

/** Both lists best first, and so is what comes back. */
export function fuse(words: readonly Ranked[], meaning: readonly Ranked[]): Ranked[] {
  const covered = words.slice(0, 3).some(({ coverage }) => coverage >= wellCovered)
  const scores = new Map<string, Ranked>()
  const add = (list: readonly Ranked[], weight: number) => {
    for (const [index, one] of list.entries()) {
      const known = scores.get(one.uid)
      const score = (known?.score ?? 0) + weight / (k + index + 1)
      scores.set(one.uid, { ...(known ?? one), score })
    }
  }
  add(words, 1)
  add(meaning, covered ? meaningShare.settled : meaningShare.open)
  return [...scores.values()].sort((a, b) => b.score - a.score || (a.uid < b.uid ? -1 : 1))
}
