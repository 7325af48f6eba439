// How well the words of one row fit a question: bm25 over its columns, how much is covered, which words stand side by side.
import type { Row } from './row.ts'
import { placeOf } from './sought.ts'
import type { Term, Weighed } from './terms.ts'

export interface Fit {
  /** bm25 over all readable shelves together. */
  readonly match: number
  /** Share of the question's terms, 0 to 1. */
  readonly coverage: number
  /** Neighbouring terms of the question that stand side by side. */
  readonly pairs: number
}

const columnWeights = { norm: 1, near: 0.2, meta: 0.6 }
/** How much a term counts as covered that only the turns beside a row have. */
const besideCounts = 0.5
/** How much a word counts that may only stand for the one asked for. */
const akinCounts = 0.5
const k1 = 1.2
const b = 0.75

/** Two neighbouring terms of a question. */
export interface Pair {
  readonly one: string
  readonly other: string
  readonly text: string
  /** Whether each is among the terms that are looked for. */
  readonly looked: readonly [boolean, boolean]
}

export function pairsOf(asked: readonly string[], terms: readonly Term[]): Pair[] {
  const looked = new Set(terms.flatMap(({ term, akin }) => [term, ...akin.map(other => other.term)]))
  return asked.slice(1).map((other, index) => {
    const one = asked[index]!
    return { one, other, text: ` ${one} ${other} `, looked: [looked.has(one), looked.has(other)] }
  })
}

/** `averageLength` is of all readable rows, in terms. */
export function fitOf(
  row: Pick<Row, 'id' | 'norm' | 'near' | 'meta' | 'len'>,
  terms: readonly Term[],
  neighbours: readonly Pair[],
  averageLength: number,
): Fit {
  const endOfNorm = row.norm.length + 1
  const endOfNear = endOfNorm + row.near.length + 2
  const text = ` ${row.norm}  ${row.near}  ${row.meta} `
  const damp = k1 * (1 - b + (b * row.len) / averageLength)
  /** Terms that were looked for, and are among the row's own words. */
  const present: string[] = []
  let match = 0
  let covered = 0
  for (const term of terms) {
    const own = partOf(term)
    match += own.match
    covered += own.covered
    if (own.match > 0) continue
    let best = absent
    for (const other of term.akin) {
      const part = partOf(other)
      if (part.match > best.match) best = part
    }
    match += akinCounts * best.match
    covered += akinCounts * best.covered
  }
  let pairs = 0
  for (const { one, other, text: both, looked } of neighbours) {
    if ((looked[0] && !present.includes(one)) || (looked[1] && !present.includes(other))) continue
    const at = text.indexOf(both)
    if (at >= 0 && at < endOfNorm) pairs++
  }
  return { match, coverage: covered / terms.length, pairs }

  function partOf({ term, sought, idf, among }: Weighed): { match: number; covered: number } {
    if (among && !among.has(row.id)) return absent
    const first = placeOf(sought, text, 0)
    if (first >= 0 && first < endOfNorm) present.push(term)
    let own = 0
    let near = 0
    for (let at = first; at >= 0; at = placeOf(sought, text, at + 1)) {
      if (at < endOfNorm) own += columnWeights.norm
      else if (at < endOfNear) near += columnWeights.near
      else own += columnWeights.meta
    }
    if (own + near === 0) return absent
    return {
      match: (idf * (own + near) * (k1 + 1)) / (own + near + damp),
      covered: own > 0 ? 1 : besideCounts,
    }
  }
}

const absent = { match: 0, covered: 0 }
