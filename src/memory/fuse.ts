// Reciprocal rank fusion of what the words found and what the vectors found.
import type { Ranked } from './rank.ts'

const k = 60
/** The words decide; vectors lift what both found and add what the words missed. */
const share = { words: 1, meaning: 0.5 }

export function fuse(words: readonly Ranked[], meaning: readonly Ranked[]): Ranked[] {
  const scores = new Map<string, number>()
  const add = (list: readonly Ranked[], weight: number) => {
    for (const [index, { uid }] of list.entries())
      scores.set(uid, (scores.get(uid) ?? 0) + weight / (k + index + 1))
  }
  add(words, share.words)
  add(meaning, share.meaning)
  return [...scores]
    .map(([uid, score]) => ({ uid, score }))
    .sort((a, b) => b.score - a.score || (a.uid < b.uid ? -1 : 1))
}
